docker run --name one busybox sh -c 'chmod 600 /etc/passwd; stat -c %a /etc/passwd; mkdir -m 1777 /shared; stat -c %a /shared; touch /s; chmod 4755 /s; stat -c %a /s'
docker diff one

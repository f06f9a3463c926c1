docker run --name one busybox sh -c 'chown 7:8 /etc/passwd; stat -c "%u %g" /etc/passwd; touch /o; chown 1000 /o; stat -c "%u %g" /o'
docker diff one

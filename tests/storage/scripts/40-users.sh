docker run --name one -u 1000:1000 -w /tmp busybox sh -c 'id -u; touch /x; echo mine > /tmp/m; stat -c "%u %a" /tmp/m; cat /etc/passwd | head -1; echo x >> /etc/passwd'
docker diff one

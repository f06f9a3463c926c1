docker run --name one --read-only busybox sh -c 'touch /x; echo y > /etc/passwd; head -1 /etc/passwd; rm /etc/group'
docker diff one

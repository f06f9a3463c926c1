docker run --name one busybox sh -c 'rm /etc/group; ls /etc; cat /etc/group'
docker diff one

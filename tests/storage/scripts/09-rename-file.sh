docker run --name one busybox sh -c 'mv /etc/group /etc/gruppe; ls /etc; head -1 /etc/gruppe'
docker diff one

docker run --name one busybox sh -c 'rm /etc/group; mkdir /etc/group; touch /etc/group/x; ls -F /etc/group; stat -c %F /etc/group'
docker diff one

docker run --name one busybox rm /etc/group
docker commit one less > /dev/null
docker run --name two less sh -c 'ls /etc; echo back > /etc/group; cat /etc/group'
docker diff two

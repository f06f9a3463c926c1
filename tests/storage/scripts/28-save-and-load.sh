docker run --name one busybox sh -c 'echo kept > /kept; rm /etc/group'
docker commit one keep:1 > /dev/null
docker save keep:1 -o /tmp/keep.tar
docker rm one > /dev/null; docker rmi keep:1 > /dev/null
docker load -q -i /tmp/keep.tar
docker run --rm keep:1 sh -c 'cat /kept; ls /etc'

docker run --name one busybox sh -c 'echo 1 > /who; rm /etc/group'
docker run --name two busybox sh -c 'cat /who; ls /etc/group; echo 2 > /who; cat /who'
docker diff one; docker diff two

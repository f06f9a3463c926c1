mkdir /tmp/in; echo one > /tmp/in/1; echo two > /tmp/in/2
docker create --name one busybox sh -c 'ls -l /in | grep -v total | cut -c1-10; cat /in/1 /in/2; cat /etc/motd' > /dev/null
docker cp /tmp/in one:/in; echo hi > /tmp/motd; docker cp /tmp/motd one:/etc/motd
docker start -a one; docker diff one

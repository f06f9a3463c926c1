docker create --name one busybox sh -c 'echo x >> /log; wc -l < /log' > /dev/null
docker start -a one; docker start -a one; docker start -a one
docker diff one

docker run -d --name one busybox sleep 1000 > /dev/null
docker exec one sh -c 'echo in > /in; rm /etc/group'
docker exec one cat /in; docker diff one
docker exec one ls /etc; docker stop -t 0 one; docker start one; docker exec one cat /in
docker rm -f one

docker run --name one -v vol:/etc busybox sh -c 'rm /etc/group; echo v > /etc/new'
docker run --rm -v vol:/e busybox ls /e
docker run --rm busybox ls /etc
docker diff one

docker run --name one busybox touch /x
docker commit one gone:1 > /dev/null
docker rm one; docker rmi gone:1 > /dev/null; docker images --format '{{.Repository}}'; docker ps -a --format '{{.Names}}'
docker run --rm busybox ls /x

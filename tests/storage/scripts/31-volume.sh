docker volume create v > /dev/null
docker run --name one -v v:/data busybox sh -c 'echo 1 > /data/x; echo 2 > /y'
docker run --name two -v v:/data busybox sh -c 'cat /data/x; ls /y'
docker diff one

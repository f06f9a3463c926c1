docker run --name aa busybox sh -c 'mkdir /d; echo 1 > /d/1; echo 2 > /d/2'
docker commit aa s:1 > /dev/null
docker run --name bb s:1 sh -c 'rm /d/1; echo 3 > /d/3'
docker commit bb s:2 > /dev/null
docker run --name cc s:2 sh -c 'rm -r /d; mkdir /d; echo 4 > /d/4'
docker commit cc s:3 > /dev/null
for i in 1 2 3; do docker run --rm s:$i ls /d | tr '\n' ' '; echo; done
docker diff cc

docker run --name one busybox sh -c 'echo layer > /added; rm /etc/group; echo more >> /etc/passwd'
docker commit one image:2 > /dev/null
docker run --name two image:2 sh -c 'cat /added; ls /etc; tail -1 /etc/passwd'
docker diff two
docker history --format '{{.CreatedBy}}' image:2

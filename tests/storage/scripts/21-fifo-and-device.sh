docker run --name one busybox sh -c 'mkfifo /f; mknod /n c 1 3; ls -l /f /n | cut -c1-10; echo gone > /n; cat /n'
docker diff one

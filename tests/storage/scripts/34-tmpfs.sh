docker run --name one --tmpfs /t busybox sh -c 'echo x > /t/x; ls /t'
docker start -a one; docker diff one

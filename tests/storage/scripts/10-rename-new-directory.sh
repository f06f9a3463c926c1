docker run --name one busybox sh -c 'mkdir -p /a/b && echo x > /a/b/c && mv /a /z && cat /z/b/c && ls /a'
docker diff one

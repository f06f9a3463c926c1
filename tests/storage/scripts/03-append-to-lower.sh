docker run --name one busybox sh -c 'echo "extra:x:500:500::/:/bin/sh" >> /etc/passwd; tail -2 /etc/passwd; wc -l < /etc/passwd'
docker diff one
docker run --rm busybox sh -c 'grep -c extra /etc/passwd'

docker run --name one busybox sh -c ': > /etc/passwd; stat -c %s /etc/passwd; echo new > /etc/passwd; cat /etc/passwd'
docker diff one

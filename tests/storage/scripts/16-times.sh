docker run --name one busybox sh -c 'touch -d "2020-01-02 03:04:05" /t /etc/passwd; stat -c %Y /t /etc/passwd'
docker commit one timed > /dev/null
docker run --rm timed stat -c %Y /t /etc/passwd

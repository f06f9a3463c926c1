docker run --name one busybox sh -c 'echo a > /x; ln /x /y; echo b >> /y; cat /x; stat -c %h /x; rm /x; cat /y; stat -c %h /y'
docker diff one

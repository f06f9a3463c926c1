docker run --name one busybox sh -c 'mkdir -p /1/2/3/4/5/6/7/8; echo deep > /1/2/3/4/5/6/7/8/f; find /1 | tail -1; cd /1/2/3; rm -r 4; find /1'
docker diff one

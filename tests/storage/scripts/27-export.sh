docker run --name one busybox sh -c 'mkdir /d; echo content > /d/f; ln /d/f /d/g; ln -s f /d/h; rm /etc/group'
docker export one -o /tmp/all.tar
docker import /tmp/all.tar flat > /dev/null
docker run --rm flat sh -c 'ls /d /etc; cat /d/g; readlink /d/h; stat -c %h /d/f'

docker run --name one busybox sh -c 'mkdir /d; echo 1 > /d/a; echo 2 > /d/b; chmod 640 /d/a'
docker cp one:/d /tmp/d; ls -l /tmp/d | cut -c1-10; cat /tmp/d/a /tmp/d/b
docker cp one:/etc/passwd - | wc -c

mkdir /b; cd /b; echo app > app
printf 'FROM busybox\nCOPY app /srv/app\nRUN rm /etc/group && echo built > /built\nRUN mkdir /w && mv /built /w/\n' > Dockerfile
docker build -q -t app . > /dev/null
docker run --rm app sh -c 'cat /srv/app /w/built; ls /etc; ls /built'
docker build -t app . 2>&1 | grep -c CACHED

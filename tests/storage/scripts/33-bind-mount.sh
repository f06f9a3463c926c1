mkdir /srv/b; echo host > /srv/b/h
docker run --name one -v /srv/b:/b busybox sh -c 'cat /b/h; echo guest > /b/g'
cat /srv/b/g; docker diff one
docker run --rm -v /srv/b:/b:ro busybox touch /b/no

docker run --name one lab/drivers:64m sh -c 'mv /data/dir /data/moved && ls /data && ls /data/moved | wc -l'
docker diff one | sort | head -4

docker run --name one lab/drivers:64m sh -c 'rm -r /data/dir; echo file > /data/dir; cat /data/dir; stat -c %F /data/dir'
docker diff one | head -2

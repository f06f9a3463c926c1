docker run --name one lab/drivers:64m sh -c 'rm -r /data/dir; ls /data; ls /data/dir'
docker diff one | sort | head -3

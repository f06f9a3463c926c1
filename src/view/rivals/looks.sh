docker pull -q lab/drivers:64m
docker run -d --name one lab/drivers:64m sleep 1000 > /dev/null
docker exec one sh -c 'find /bin /data /etc | sort | sha256sum'
docker info -f '{{.Driver}}'
docker inspect -f '{{json .GraphDriver.Data}}' one | head -c 300; echo
docker exec one df / | tail -n 1
docker exec one sh -c 'grep " / " /proc/mounts | cut -c 1-100'
docker exec one sh -c 'rm -r /data/dir; mkdir /data/dir; ls -a /data/dir'
docker diff one | sort | head -n 8
docker commit one changed > /dev/null; docker run --rm changed ls -a /data/dir

docker run --name one lab/drivers:64m sh -c 'printf X | dd of=/data/big bs=1 seek=1000 conv=notrunc 2>/dev/null; stat -c %s /data/big; dd if=/data/big bs=1 skip=1000 count=1 2>/dev/null; echo'
docker diff one
docker ps -as --format '{{.Size}}'

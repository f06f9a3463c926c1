docker pull -q lab/drivers:1g
docker run -d --name one lab/drivers:1g sleep 1000 > /dev/null
docker exec one sh -c 'cat /data/big > /dev/null'
docker exec one sh -c 'printf x | dd of=/data/big bs=1 seek=500000000 conv=notrunc 2> /dev/null'
docker exec one sh -c 'printf x | dd of=/data/big bs=1 seek=900000000 conv=notrunc 2> /dev/null'
docker exec one rm /data/big
docker exec one mv /data/dir /data/moved
docker diff one | sort | head -n 5
docker rm -f one

docker pull -q lab/drivers:64m
for c in one two three; do docker run -d --name $c lab/drivers:64m sleep 1000 > /dev/null; done
for c in one two three; do docker exec $c sh -c 'cat /data/big > /dev/null'; done
docker exec two sh -c 'printf x >> /data/big'

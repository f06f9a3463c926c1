docker pull -q busybox
docker create --name first busybox > /dev/null
for i in $(seq 99); do docker create --name c$i busybox > /dev/null; done
docker ps -aq | wc -l
docker rm $(docker ps -aq) > /dev/null

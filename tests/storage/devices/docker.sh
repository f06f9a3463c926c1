# Docker on a pool of its own, and the room that new layers may not take.
truncate -s 1G disk; losetup /dev/loop0 disk
mkdir -p /etc/docker
echo '{"storage-driver": "devicemapper", "storage-opts": ["dm.directlvm_device=/dev/loop0", "dm.basesize=512M"]}' > /etc/docker/daemon.json
docker info | grep -A7 "Storage Driver"
dmsetup ls
docker pull -q busybox
docker run --name first busybox sh -c 'df -h / | tail -1 | tr -s " " | cut -d" " -f2; echo hi > /f'
docker diff first
docker inspect -f '{{json .GraphDriver}}' first | tr , '\n' | grep -c Device
# File systems of three volumes take their tables and journals: some 110 MiB each.
for id in 97 98 99; do
  dmsetup message docker-thinpool 0 "create_thin $id"
  dmsetup create eater$id --table "0 6291456 thin /dev/mapper/docker-thinpool $id"
  mkfs.ext4 -q -E lazy_itable_init=0 /dev/mapper/eater$id
done
for id in 1 2 3 4 5; do
  dmsetup message docker-thinpool 0 "create_thin 10$id"
  dmsetup create more$id --table "0 6291456 thin /dev/mapper/docker-thinpool 10$id"
  mkfs.ext4 -q -E lazy_itable_init=0 /dev/mapper/more$id
done
dmsetup status docker-thinpool
docker run --rm busybox true; echo "status $?"
echo '{"storage-driver": "devicemapper", "storage-opts": ["dm.directlvm_device=/dev/loop0", "dm.min_free_space=1%"]}' > /etc/docker/daemon.json
docker run --rm busybox echo now
echo '{"storage-driver": "devicemapper", "storage-opts": ["dm.nothing=1"]}' > /etc/docker/daemon.json
docker ps 2>&1 | tail -1

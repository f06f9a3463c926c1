# Docker on a thin pool that LVM made: the steps of its guide "configure direct-lvm mode manually".
truncate -s 4G disk; truncate -s 2G more; losetup /dev/loop0 disk; losetup /dev/loop1 more
pvcreate /dev/loop0
vgcreate docker /dev/loop0
lvcreate --wipesignatures y -n thinpool docker -l 95%VG
lvcreate --wipesignatures y -n thinpoolmeta docker -l 1%VG
lvs
lvconvert -y --zero n -c 512K --thinpool docker/thinpool --poolmetadata docker/thinpoolmeta
mkdir -p /etc/lvm/profile
printf 'activation {\n  thin_pool_autoextend_threshold=80\n  thin_pool_autoextend_percent=20\n}\n' > /etc/lvm/profile/docker-thinpool.profile
lvchange --metadataprofile docker-thinpool docker/thinpool
lvchange --monitor y docker/thinpool; echo "status $?"
lvs -a -o+seg_monitor; lsblk; dmsetup table
mkdir -p /etc/docker
cat > /etc/docker/daemon.json << 'X'
{
    "storage-driver": "devicemapper",
    "storage-opts": [
    "dm.thinpooldev=/dev/mapper/docker-thinpool",
    "dm.use_deferred_removal=true",
    "dm.use_deferred_deletion=true",
    "dm.basesize=1G"
    ]
}
X
docker info | sed -n '/Storage/,/Library/p'
docker run --name one busybox sh -c 'echo hi > /f; cat /f'
lvs; vgs; pvs
echo "the pool grows"
pvcreate /dev/loop1; vgextend docker /dev/loop1; lvextend -l+100%FREE docker/thinpool; lvs; docker info | grep 'Space Total'
docker start -a one; docker rm one
lvremove docker/thinpool < /dev/null; echo "status $?"
hexdump -C -s 512 -n 8 /dev/loop0; blkid /dev/loop0
echo "a pool that is too small"
docker run --rm busybox true
lvextend -L 1G docker/thinpool; lvcreate -n x -L 100G docker; lvcreate -n thinpool -l 1 docker
losetup -d /dev/loop1; lvs docker/nosuch; pvcreate /dev/loop0; vgcreate docker /dev/loop0; pvremove /dev/loop0; vgcreate q /dev/loop77; lvs nosuch; lvcreate docker

# A pool that fills up, and what helps.
truncate -s 160M data; truncate -s 8M meta
losetup /dev/loop0 data; losetup /dev/loop1 meta
dmsetup create pool --table "0 204800 thin-pool /dev/loop1 /dev/loop0 128 256"
dmsetup message pool 0 "create_thin 1"
dmsetup create vol --table "0 2097152 thin /dev/mapper/pool 1"
mkfs.ext4 -q /dev/mapper/vol; mkdir -p /mnt/v; mount /dev/mapper/vol /mnt/v; dmsetup status
df -h /mnt/v
head -c 20M /dev/urandom > /mnt/v/a; dmsetup status pool
head -c 60M /dev/urandom > /mnt/v/b; echo "status $?"
dmsetup status pool; dmesg | sed 's,^\[[^]]*\] ,,' | grep thin:
cmp -n 1000000 /mnt/v/a /mnt/v/a && echo readable
rm /mnt/v/b; dmsetup status pool; fstrim -v /mnt/v; dmsetup status pool
head -c 60M /dev/urandom > /mnt/v/c; echo "status $?"
echo "the pool grows"
dmsetup suspend pool; dmsetup load pool --table "0 307200 thin-pool /dev/loop1 /dev/loop0 128 256"; dmsetup resume pool
dmsetup status pool; echo more > /mnt/v/d && cat /mnt/v/d
dmesg | sed 's,^\[[^]]*\] ,,' | grep thin: | tail -1
dmsetup load pool --table "0 307200 thin-pool /dev/loop1 /dev/loop0 256 256" && dmsetup resume pool
umount /mnt/v; dmsetup remove vol pool; losetup -D
echo "metadata are found again, unless they are overwritten"
losetup /dev/loop0 data; losetup /dev/loop1 meta
dmsetup create pool --table "0 307200 thin-pool /dev/loop1 /dev/loop0 128 256"
dmsetup create vol --table "0 2097152 thin /dev/mapper/pool 1"; mount /dev/mapper/vol /mnt/v; cat /mnt/v/d
umount /mnt/v; dmsetup remove vol pool
dd if=/dev/zero of=meta bs=4096 count=1 conv=notrunc 2>/dev/null
dmsetup create pool --table "0 307200 thin-pool /dev/loop1 /dev/loop0 128 256"
dmsetup create vol --table "0 2097152 thin /dev/mapper/pool 1"; dmesg | sed 's,^\[[^]]*\] ,,' | tail -1
dmsetup status pool

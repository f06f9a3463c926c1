truncate -s 4G data; truncate -s 16M meta
losetup /dev/loop0 data; losetup -f --show meta
dmsetup create pool --table "0 8388608 thin-pool /dev/loop1 /dev/loop0 128 1024 1 skip_block_zeroing"
echo "rc $?"
dmsetup ls; dmsetup status; dmsetup table
dmsetup message pool 0 "create_thin 0"
dmsetup message pool 0 "create_thin 0"
dmsetup create base --table "0 6291456 thin /dev/mapper/pool 0"
mkfs.ext4 -q -E lazy_itable_init=0 /dev/mapper/base; dmsetup status pool; dmsetup status base
mkdir -p /mnt/a /mnt/b; mount /dev/mapper/base /mnt/a
head -c 67108864 /dev/urandom > /mnt/a/big
dmsetup status
dmsetup suspend base; dmsetup message pool 0 "create_snap 1 0"; dmsetup resume base
dmsetup create snap --table "0 6291456 thin /dev/mapper/pool 1"
mount /dev/mapper/snap /mnt/b
dmsetup status pool
printf x | dd of=/mnt/b/big bs=1 seek=100000 conv=notrunc 2>/dev/null
dmsetup status pool
rm /mnt/b/big; dmsetup status pool; fstrim -v /mnt/b; dmsetup status
df -h /mnt/a /mnt/b
grep mapper /proc/mounts
dmsetup info snap; dmsetup info -c; dmsetup ls --tree; dmsetup deps
dmsetup remove snap; dmsetup remove pool
umount /mnt/b; dmsetup remove snap; dmsetup message pool 0 "delete 1"; dmsetup status pool
dmsetup message pool 0 "delete 0"
dmsetup targets; lsblk; du -h data meta
dmsetup status nosuch; dmsetup create x --table "0 100 linear /dev/loop9 0"; dmsetup create x --table "0 100 striped 1"; dmesg | sed 's,^\[[^]]*\] ,,' | tail -3

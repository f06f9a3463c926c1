# Devices are read and written by programs as they are (compared with Linux 6.18 as far as they are loop devices).
truncate -s 64M img; losetup -r /dev/loop0 img
dd if=/dev/zero of=/dev/loop0 bs=512 count=1 2>&1 | head -3; dd if=/dev/loop0 bs=1M of=/dev/null 2>&1 | head -2
losetup -d /dev/loop0; dd if=/dev/loop0 count=1 2>&1 | head -1
losetup /dev/loop0 img; mkfs.ext4 -q -L hello -U 11111111-2222-3333-4444-555555555555 /dev/loop0
dd if=/dev/loop0 bs=1024 skip=1 count=1 2>/dev/null | hexdump -C | tail -7
mkdir m; mount /dev/loop0 m && umount m
dd if=/dev/zero of=/dev/loop0 bs=1M seek=70 count=1 2>&1 | head -2; truncate -s 10 /dev/loop0
dd if=/dev/zero of=/dev/loop0 bs=1M 2>&1 | head -3; wc -c /dev/loop0; mount /dev/loop0 m 2>&1 | head -1
echo text | dd of=/dev/loop0 bs=1 seek=5 conv=notrunc 2>/dev/null; hexdump -C -n 32 /dev/loop0; hexdump -n 20 img; xxd -s 4 -l 8 /dev/loop0; od -A x -t x1 -N 16 /dev/loop0
echo "a thin device takes a block when it is written"
truncate -s 100M data; truncate -s 2M meta; losetup /dev/loop3 data; losetup /dev/loop4 meta
dmsetup create pool --table "0 204800 thin-pool /dev/loop4 /dev/loop3 128 0"
dmsetup message pool 0 "create_thin 0"; dmsetup create t --table "0 2097152 thin /dev/mapper/pool 0"
dd if=/dev/urandom of=/dev/mapper/t bs=64K count=16 2>/dev/null; dmsetup status t
before=$(head -c 2M /dev/mapper/t | sha256sum); head -c 3M /dev/mapper/t | tail -c 1M | tr -d '\0' | wc -c
dmsetup suspend t; dmsetup message pool 0 "create_snap 1 0"; dmsetup resume t
dmsetup create s --table "0 2097152 thin /dev/mapper/pool 1"
check() { [ "$(head -c 2M $1 | sha256sum)" = "$before" ] && echo "$1 as before" || echo "$1 changed"; }
check /dev/mapper/s; dmsetup status pool
printf hi | dd of=/dev/mapper/s bs=1 seek=100 conv=notrunc 2>/dev/null; dmsetup status pool
check /dev/mapper/s; check /dev/mapper/t
dd if=/dev/zero of=/dev/mapper/s bs=1M count=200 2>&1 | head -1; dmsetup status pool; cat /dev/mapper/pool | wc -c
dmsetup create both --table "0 2048 linear /dev/loop0 0
2048 2048 zero
4096 8 error"
hexdump -C -n 16 /dev/mapper/both; head -c 2M /dev/mapper/both | tail -c 1M | tr -d '\0' | wc -c; dd if=/dev/mapper/both of=/dev/null bs=4K 2>&1 | head -1
lsblk

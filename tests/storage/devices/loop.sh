truncate -s 1G disk.img
losetup -f --show disk.img
losetup
mkfs.ext4 -L data /dev/loop0
blkid /dev/loop0
mkdir -p /mnt/d
mount /dev/loop0 /mnt/d
echo hi > /mnt/d/f
df -h /mnt/d; df -k /mnt/d
grep loop /proc/mounts
lsblk
ls -la /mnt/d
mkfs.ext4 /dev/loop0; echo $?
losetup -d /dev/loop0; losetup -a | sed 's,:[0-9]* (,:INO (,'
umount /mnt/d; losetup -a | sed 's,:[0-9]* (,:INO (,'
mount -o loop disk.img /mnt/d; cat /mnt/d/f; losetup; umount /mnt/d; losetup
cp disk.img copy.img; mount -o loop,ro copy.img /mnt/d && cat /mnt/d/f; touch /mnt/d/x; umount /mnt/d
dd if=/dev/zero of=disk.img bs=4096 count=1 conv=notrunc 2>/dev/null; mount -o loop disk.img /mnt/d; echo $?; losetup -a | sed 's,:[0-9]* (,:INO (,'
dmesg | sed 's,^\[[^]]*\] ,,' | tail -4
losetup -d /dev/loop9; losetup -f x; mkfs -t foo disk.img; blkid disk.img; echo $?; mkfs.ext4 nofile; file copy.img
du -h copy.img
losetup -O FOO; lsblk -f

# Thin volumes and their snapshots, until the pool is full.
truncate -s 300M disk; losetup /dev/loop0 disk; pvcreate -q /dev/loop0; vgcreate vg /dev/loop0
lvcreate -L 200M -T vg/pool; lvcreate -V 1G -T vg/pool -n one; dmsetup ls | cut -f 1
mkfs.ext4 -q /dev/vg/one; mkdir a b; mount /dev/vg/one a; head -c 40M /dev/urandom > a/big
lvs -a
lvcreate -s -n snap vg/one; lvs vg/snap; lvchange -ay -K vg/snap; mount /dev/vg/snap b; cmp a/big b/big && echo same
lvs -o lv_name,origin,data_percent,thin_id vg
echo "status"; head -c 150M /dev/urandom > b/more; echo "status $?"; lvs vg; dmsetup status vg-pool-tpool
lvextend -L +60M vg/pool; lvs vg/pool; echo again > b/again && cat b/again
lvremove -y vg/snap; umount b; lvremove -y vg/snap; lvs vg; dmsetup status vg-pool-tpool
umount a; vgchange -an vg; dmsetup ls; vgchange -ay vg; mount /dev/vg/one a; cmp -n 1000 a/big a/big && ls a; umount a
lvcreate -n plain -L 8M vg; mkfs.ext4 -q /dev/vg/plain; lvextend -l +1 vg/plain; lvdisplay vg/plain | grep -v UUID; lvrename vg/plain vg/other; ls /dev/vg
vgremove -f vg; pvs; pvremove /dev/loop0; pvs

exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p base/{bin,etc,var} l2/etc l3/var u w m; echo sh > base/bin/sh; echo v1 > base/etc/conf; echo v2 > l2/etc/conf; echo log > l3/var/log; mknod l3/bin c 0 0
mount -t overlay overlay -o lowerdir=l3:l2:base,upperdir=u,workdir=w m
find m | sort; cat m/etc/conf; mkdir m/bin; echo new > m/bin/app; rm m/etc/conf; echo c > m/var/log; find m | sort; raw
umount m; mount -t overlay overlay -o lowerdir=u:l3:l2:base m; find m | sort

exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l1/d l2/d u w m; echo 1 > l1/x; echo 2 > l2/x; echo only1 > l1/d/one; echo only2 > l2/d/two; echo both1 > l1/d/both; echo both2 > l2/d/both
mount -t overlay overlay -o lowerdir=l2:l1,upperdir=u,workdir=w m
find m | sort; cat m/x m/d/both m/d/one m/d/two
rm m/x; echo new > m/d/one; mv m/d/two m/d/zwei; rmdir m/d; ls m/d
raw
echo back > m/x; cat m/x
raw
umount m; mount -t overlay overlay -o lowerdir=l2:l1,upperdir=u,workdir=w m; find m | sort; cat m/x m/d/zwei

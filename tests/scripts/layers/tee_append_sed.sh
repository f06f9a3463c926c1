exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; printf '1\n2\n3\n' > l/f; cp l/f l/g
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
echo 4 | tee -a m/f; sed -i 2d m/g; cat m/f m/g; cat l/f l/g; sort -r -o m/f m/f; cat m/f; echo x | dd of=m/f bs=1 seek=1 conv=notrunc status=none; cat m/f; raw

exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; echo one > l/f; chmod 640 l/f
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
mv m/f m/f~; echo two > m/f; chmod 640 m/f; rm m/f~; cat m/f; raw
mkdir l2; echo a > m/g; sed -i s/a/b/ m/g; cat m/g; raw

exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; echo x > l/a; ln l/a l/b; echo y > u/c; ln u/c u/d
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
stat -c '%n %h' m/a m/b m/c m/d
echo 2 >> m/a; cat m/b; stat -c '%n %h' m/a m/b; ln m/b m/bb; stat -c '%n %h' m/a m/b m/bb; echo 3 >> m/bb; cat m/b
ln m/c m/e; stat -c '%n %h' m/c m/e; rm m/c; stat -c '%n %h' m/d m/e
ln m/a/x m/y; ln m/a m/b
raw

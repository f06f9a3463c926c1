exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; echo a > l/a; echo b > l/b; echo c > l/c; mkdir l/d; echo e > l/d/e
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
echo 2 >> m/a; rm m/b; mv m/c m/c2; mv m/d/e m/e
ls -lR m; cat m/a m/c2 m/e
raw
umount m; ls -R u; cat l/a; ls -R l

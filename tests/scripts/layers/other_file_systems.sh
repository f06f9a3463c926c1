exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m t; mount -t tmpfs other t; mkdir t/l2 t/u t/w; echo 1 > l/a; echo 2 > t/l2/b; mkdir l/d t/l2/d; touch l/d/x t/l2/d/y
mount -t overlay overlay -o lowerdir=t/l2:l,upperdir=u,workdir=w m; echo $?
ls -R m; echo e >> m/b; rm m/a; mv m/d/y m/d/z; ls -R m; raw; umount m
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=t/w m; echo $?
mount -t overlay overlay -o lowerdir=l,upperdir=t/u,workdir=t/w m; echo $?; touch m/n; ls t/u; umount m

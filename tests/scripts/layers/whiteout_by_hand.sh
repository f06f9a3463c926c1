exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; echo a > l/a; mkdir l/d; touch l/d/x
mknod u/a c 0 0; mknod u/d c 0 0
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
ls -la m | tail -n +4; cat m/a; ls m/d
mknod m/z c 0 0; echo $?
mknod m/n c 1 3; echo $?; mknod m/b b 8 0; mkfifo m/p
ls -l m
touch m/a; mkdir m/d; ls m/d
raw

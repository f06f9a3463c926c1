exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; mkfifo l/p; mknod l/c c 1 3; mknod l/b b 7 0
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
ls -l m; chmod 600 m/p m/c; mv m/b m/bb; ln m/p m/p2; rm m/c; ls -l m u; echo hi > m/n; (echo through > m/p &) ; cat m/p; raw

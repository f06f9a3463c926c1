exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; mkdir -p l/a/b; chmod 500 l/a
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
mkdir -pv m/a/b/c/d m/x/y; find u | sort; rmdir -pv m/a/b/c/d; find m | sort; mkdir m/a; mkdir m/a/b; echo $?; raw

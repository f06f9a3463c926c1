exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; echo x > l/x
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
f=$(mktemp -p m tmpXXXX); [ -f $f ] && echo made; rm $f; install -m 711 -D m/x m/bin/x; stat -c '%n %a' m/bin/x; ln -sr m/x m/bin/y; readlink m/bin/y; cp -l m/x m/hard; cp -s /lab/m/x m/soft; stat -c '%n %h' m/x m/hard; readlink m/soft; raw

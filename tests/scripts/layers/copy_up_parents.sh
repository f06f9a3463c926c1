exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; mkdir -p l/a/b/c; chmod 750 l/a; chmod 711 l/a/b; chown 5:6 l/a/b/c; echo deep > l/a/b/c/f; touch -d 2003-03-03 l/a/b l/a
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
echo x >> m/a/b/c/f; find u | sort; stat -c '%n %a %u:%g' u/a u/a/b u/a/b/c; stat -c '%n %Y' u/a u/a/b l/a m/a m/a/b; raw

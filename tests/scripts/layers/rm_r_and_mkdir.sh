exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; mkdir -p l/d/e/f; touch l/d/1 l/d/e/2 l/d/e/f/3
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
rm -rv m/d | sort; ls -A m
raw
mkdir m/d; ls -A m/d; touch m/d/new
raw
mkdir m/d/e; ls m/d/e; raw

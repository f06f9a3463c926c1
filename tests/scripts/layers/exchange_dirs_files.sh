exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; echo a > l/a; echo b > l/b; mkdir l/d1 l/d2; touch l/d1/x l/d2/y
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
mv m/a m/t; mv m/b m/a; mv m/t m/b; cat m/a m/b; raw; mv m/d1 m/d2; ls -R m; mv m/d2 m/d1; ls -R m

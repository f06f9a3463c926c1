exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; mkdir -p t; mount -t tmpfs t t; echo x > l/f; mkdir l/d; echo y > l/d/g; echo o > t/outside; mkdir t/dir; touch t/dir/1
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
mv -v m/f t/; mv -v t/outside m/; mv -v t/dir m/; mv -v m/d t/; ls -R m t; cat t/f t/d/g m/outside; raw

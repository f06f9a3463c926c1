exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; mkdir -p l/d/sub u/up; echo x > l/d/f; echo y > l/d/sub/g; touch u/up/h
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
mv -v m/up m/up2; mv -v m/d m/dd; echo $?
find m | sort; cat m/dd/f m/dd/sub/g
raw
mv m/dd m/ddd; echo $?; raw; mkdir m/d; mv m/ddd/sub m/d/; find m | sort

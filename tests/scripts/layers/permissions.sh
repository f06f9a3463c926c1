exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; echo secret > l/f; chmod 600 l/f; mkdir l/d; chmod 700 l/d; touch l/d/x; mkdir l/open; chmod 777 l/open; chmod 755 .
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
chmod 755 m; stat -c '%n %a %u' m/* u; umask 027; touch m/n; mkdir m/nd; stat -c '%n %a' m/n m/nd u/n u/nd; umask 0; touch m/w; stat -c %a m/w; chmod 1777 m/open; mkdir -m 2775 m/sg; mkdir m/sg/in; stat -c '%n %a' m/open m/sg m/sg/in; raw

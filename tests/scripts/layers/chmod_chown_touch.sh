exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; echo x > l/f; mkdir l/d; ln -s f l/s; touch l/d/y
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
chmod 600 m/f; chown 1:2 m/d; touch -d 2001-02-03 m/d/y; chown -h 3 m/s; chmod u+s m/f
stat -c '%n %a %u:%g %s %F' m/* m/d/y l/* u/* u/d/*; stat -c '%n %Y' m/d/y u/d/y
chmod -v 644 m/f; chown -v daemon m/f; setfattr -n user.k -v v m/d/y; getfattr -d m/d/y; getfattr -d l/d/y
raw

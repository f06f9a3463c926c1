exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; echo one > l/a; echo two > l/b; echo three > l/c; echo four > l/d
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
: > m/a; echo x > m/b; cat m/c > /dev/null; truncate -s 2 m/d; ls u | tr '\n' ' '; cat m/b m/d; echo; exec 3>>m/c; ls u | tr '\n' ' '; echo app >&3; cat m/c; exec 3>&-; exec 4<>l/a; exec 4>&-; dd if=/dev/zero of=m/a bs=10 count=2 status=none; stat -c %s m/a l/a
raw

exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; mkdir -p l/d l/e u/e; touch l/d/x l/e/y
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
rmdir m/d; rm m/d/x; rmdir m/d; echo $?
rmdir m/e; rm m/e/y; rmdir m/e; ls m
raw
mkdir m/e; ls -la m/e | tail -n +4; raw

exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l1 l2 u w m; mkdir l1/x; touch l1/x/in; echo file > l2/x; echo file > l1/y; mkdir l2/y; touch l2/y/in; mkdir l1/z l2/z; touch l1/z/1 l2/z/2; mknod l2/w c 0 0; touch l1/w
mount -t overlay overlay -o lowerdir=l2:l1,upperdir=u,workdir=w m
ls -RF m; cat m/x; ls m/y; rm m/x; ls m; rm -r m/y; ls m; raw

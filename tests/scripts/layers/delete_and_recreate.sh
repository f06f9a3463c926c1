exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; echo old > l/f; mkdir l/d; touch l/d/x; ln -s t l/s
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
rm m/f; echo new > m/f; cat m/f; rm m/f; mkdir m/f; touch m/f/y; rmdir m/f; rm -r m/f; ln -s z m/f; readlink m/f; rm m/f; mkfifo m/f; ls -l m | cut -c1-10
rm -r m/d; echo file > m/d; cat m/d; rm m/d; mkdir m/d; ls m/d; rm m/s; mkdir m/s; raw

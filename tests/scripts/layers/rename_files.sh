exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; for f in a b c d e; do echo $f > l/$f; done; echo ub > u/ub
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
mv m/a m/a2; mv m/b m/c; mv m/ub m/d; mv m/e m/e; mv -n m/a2 m/d; mv -T m/a2 m/x; mkdir m/dir; mv m/x m/dir
for f in m/* m/dir/*; do [ -f $f ] && echo $f $(cat $f); done
raw
mv m/dir/x m/a; mv m/c m/b; raw

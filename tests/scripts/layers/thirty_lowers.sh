exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
for i in $(seq 1 30); do mkdir -p l$i/d; echo $i > l$i/f$i; echo $i > l$i/same; echo $i > l$i/d/g$i; done; mkdir u w m
low=$(seq 30 -1 1 | sed 's/^/l/' | tr '\n' ':'); low=${low%:}
mount -t overlay overlay -o lowerdir=$low,upperdir=u,workdir=w m; echo $?
ls m | wc -l; cat m/same; ls m/d | sort -V | tr '\n' ' '
echo edit >> m/f1; rm m/f15 m/same; mv m/f30 m/moved; rm m/d/g7; mv m/d/g8 m/d/h8
ls m | sort -V | tr '\n' ' '; ls m/d | sort -V | tr '\n' ' '
raw
mv m/d m/dd; echo $?
ls m | grep -c .; raw
umount m; for i in 1 15 30; do ls l$i; done

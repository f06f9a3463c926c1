exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; ln -s target l/s; ln -s /etc/passwd l/abs; ln -s s l/ss; echo t > l/target; mkdir l/d; ln -s ../target l/d/up
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
readlink m/s m/abs m/d/up; cat m/s m/ss m/d/up; echo more >> m/s; cat m/target; ls -l m u
rm m/s; ln -s new m/s; mv m/ss m/sss; ls -l m | cut -c1-11; readlink m/s m/sss; ln -sf other m/abs; readlink m/abs
raw

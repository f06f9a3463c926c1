exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; touch l/'a b' l/$'n\nl' l/'*' l/.hidden l/-dash; mkdir l/'dir with space'; touch "l/dir with space/x'y"
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
ls -A m; rm m/'a b' m/'*'; mv m/-dash m/plain; rm -- "m/dir with space/x'y"; ls -A m; ls -Q u; find m -name '.h*'; raw | cat -v

exec 2>&1
mkdir -p l u w m; touch l/a1 l/a2 l/b1; mkdir l/d; chmod +x l/a1; ln -s nope l/br
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
rm m/a2; echo m/a* m/*1 m/nope*; for f in m/*; do [ -f $f ] && echo f $f; [ -d $f ] && echo d $f; [ -L $f ] && echo l $f; [ -x $f ] && echo x $f; [ -e $f ] || echo missing $f; [ -s $f ] && echo s $f; done; [ u/a2 -nt l/a1 ]; echo $?; [ -c u/a2 ] && echo chr; test -w m/a1 && echo w; shopt -s dotglob nullglob; echo m/.* m/zz*

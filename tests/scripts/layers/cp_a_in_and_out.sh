exec 2>&1
raw() { (cd u; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %h %s %t:%T" "$f"; getfattr -h -d -m "trusted.overlay.(opaque|redirect|impure|metacopy|nlink)" "$f"; done); ls w/work; }
mkdir -p l u w m; mkdir -p l/d/e; echo x > l/d/a; ln l/d/a l/d/b; chmod 751 l/d/e; setfattr -n user.q -v w l/d/a; touch -d 2002-02-02 l/d/a; ln -s a l/d/s
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
cp -a m/d out; find out | sort; stat -c '%n %a %h' out/a out/b out/e; getfattr -d out/a; cp -a out m/copy; find m/copy | sort; stat -c '%n %h %Y' m/copy/a; cp -r m/d m/d/e/; cp m/d/a m/d/s2; mv out m/; ls m; diff -r l/d m/copy && echo same
raw

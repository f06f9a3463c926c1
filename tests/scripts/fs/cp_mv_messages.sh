exec 2>&1
t() { echo "\$ $*"; eval "$*"; echo "[$?]"; }
echo hi > a; mkdir d; ln -s a s; mknod c c 0 0
t cp
t cp a
t cp a b
t cp -v a b
t cp nope b
t cp a nodir/
t cp a nodir/x
t cp a a
t cp d e
t cp -r d e
t cp -rv d e
t cp -rv d d
t ls -R d
t cp a b nope
t cp a b c
t cp a b d
t ls d
t cp -n a b
t cp -nv a b
t cp -a s t
t ls -l t
t cp s u
t ls -l u
t cp -av c c2
t ls -l c2
t cp -T a d
t cp -rT d f
t cp -rvT d f
t cp -l a l
t cp -s a sl
t cp -u -v a b
t "cp -i a b </dev/null"
t cp -f a b
t cp -b a b
t ls
t cp --parents d/a e
t cp -v --parents d/a e
t cp -t d a -v
t cp -p a p
t cp -rv s d/
t ls -l d
t cp -dv s d/s2
t "cp '' b"
t cp -R c c3
t cp c c9
t cp -r d d/x
t ls -R d
t cp a d/a
t cp -rT a d; mkdir d/a2
t cp a d/a2/; touch d/g; mkdir -p g/g
t cp -r g d
t cp --sparse=never a r
t cp --attributes-only a x
t stat -c %s x
t cp -Z
t mv
t mv a
t mv a b
t mv nope x
t mv -v b a
t mv a d
t mv -v a a; touch a
t mv a a
t mv -T a d
t mv d a
t mv -vT d D2
t mv -n a D2/a -v
t mv -v D2 D2/z
t mv a nodir/x
t mv a nodir/
t mv a b c9
t mv -t D2 a -v; touch z1 z2
t mv -v z1 z2 D2
t "mv -i D2/z1 D2/z2 </dev/null"
t "echo n | mv -iv D2/z1 D2/z2"
t mv -b D2/z1 D2/z2
t ls D2
t mv -u D2/z2 zz
t "mv '' x"; mkdir q1 q2; touch q2/x
t mv -T q1 q2
t mv q1 q2
t mv -v q2/q1 .; mkdir q2/q1; touch q2/q1/f
t mv q1 q2
t mv q2/x q2/q1
t mv q2/ q3
t mv -T zz q3
t mv --no-clobber -v zz c
t cp -r --preserve=mode,ownership a x
t cp --preserve=foo a x
t cp -x -r q3 q4
t cp -rL q3 q5
t cp -H s q6
t install
t install -d i/j
t install -m 600 -v zz i/z
t install -D zz k/l/m
t stat -c %a k/l/m
t ls -lR

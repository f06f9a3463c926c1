exec 2>&1
t() { echo "\$ $*"; eval "$*"; echo "[$?]"; }
t mkdir a
t mkdir a
t mkdir x/y
t mkdir -pv p/q/r p/q
t mkdir -v v
t mkdir -m 700 -v w
t mkdir -m zz k
t "mkdir ''"
t mkdir -pm 711 pp/qq
t stat -c '%a:%n' pp pp/qq
t touch f
t mkdir -p f
t mkdir -p f/x
t mkdir f
t rmdir nope
t rmdir f
t rmdir -v v
t rmdir -p p/q/r
t mkdir -p p/q/r
t rmdir -pv p/q/r
t mkdir -p p/q/r
t touch p/f
t rmdir -p p/q/r
t rmdir --ignore-fail-on-non-empty p
t rmdir p
t rm nope
t rm -f nope
t rm p
t rm -d p
t rm -r -v p
t rm -rv nope
t "rm ''"
t "rm -f ''"
t rm .
t rm -r .
t rm -r /
t rm -rf ..
t rm a/
t rm -r f/
t rm -v f
t rm -rf --one-file-system /tmp/q/zz
t touch i
t "echo n | rm -i i"
t "echo y | rm -iv i"
t mkdir -p d/e
t touch d/e/f
t "yes | rm -ri d"
t rm -I
t rm -h
t touch ro
t ln ro
t ln -s ro s
t ln -s ro s
t ln -sf ro s
t ln -sv ro s2
t ln ro h
t ln -v ro h2
t ln ro h
t ln -f ro h
t ln nope x
t ln a b
t ln -sT x a
t ln -sfT x a
t ln -s ro
t ln -s x y z
t ln -sn ro a
t ls -l a
t ln -snf v s
t ln -r -s a/ro rel
t ln -srv a/ro p2
t ln -sb v s
t ls -A
t ln
t ln -s
t ln -t
t ln -st a ro s
t ls a
t ln -sv ro i1 a
t ln -i
t ln ro nodir/x
t "ln -s '' e"
t ln ro ro
t ln -f ro ro
t mkdir m1
t mkdir -m u=rwx,go= m2
t mkdir -m 1777 m3
t mkdir -m +t m4
t stat -c %a m1 m2 m3 m4
t mkdir -p a/../b/
t ls
t mkdir -v c/
t mkdir -pv ./g//h/
t rmdir --foo
t rmdir
t mkdir --p g
t mkdir --parents
t rm -rfv t; mkdir -p t/1/2 t/3; touch t/1/a t/3/b t/c; printf 'y\ny\nn\ny\ny\ny\ny\ny\n' >in
t "rm -ri t <in"
t ls -R t
t "rm -I a1 a2 a3 a4 <in"
t rm -- -x; umask 077
t mkdir -p u1/u2
t stat -c %a u1 u1/u2; umask 022; ln -s nope br
t mkdir -p br/x
t mkdir br

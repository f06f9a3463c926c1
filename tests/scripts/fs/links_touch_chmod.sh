exec 2>&1
t() { echo "\$ $*"; eval "$*"; echo "[$?]"; }
touch f; ln -s f l; ln -s nope br; ln -s loop loop; mkdir d; ln -s d ld
t readlink l f br nope
t readlink -v f nope
t readlink -f f l br nope nope/x loop ld/x
t readlink -e br l
t readlink -ev br
t readlink -m nope/x/../y
t readlink -n l
t "readlink -z l | od -c"
t readlink -n l br
t realpath f l br nope/x
t realpath -s ld/f
t realpath -e br
t realpath -m nope/a
t realpath --relative-to=d f
t realpath --relative-to=/ f
t realpath --relative-base=/tmp f
t realpath -q nope/x
t realpath loop
t "realpath ''"
t "readlink ''"
t touch -d xx f
t touch -t 202001020304.05 f
t stat -c '%Y:%X' f 
t touch -a -d 2021-01-01 f
t "touch -m -d '2022-01-01 01:02:03.456' f"
t stat -c '%.9Y:%X' f
t touch -r f g
t stat -c '%Y:%X' g
t touch -c nope
t ls nope
t touch -h l -d 2000-01-01
t stat -c %Y l f
t touch nodir/x
t touch d/
t touch br
t touch -t 99 f
t touch
t "touch ''"
t touch -d 2020-01-01 -t 202001010101 f
t touch --time=xx f
t touch - 
t chmod
t chmod 755
t chmod u+x
t chmod 888 f
t chmod -v 644 f
t chmod -v 600 f
t chmod -c 600 f
t chmod -c 644 f
t chmod 644 nope; rm nope
t chmod -v 644 nope
t chmod -f 644 nope
t chmod -R -v 700 d
t chmod -x f
t chmod -w,+x f
t chmod a-w f
t chmod --reference=g f
t chmod -v u+s,g+s,o+t f
t chmod -v 0 br nope
t chmod 644 l
t chmod -R 755 .; umask 077
t chmod +w f
t chmod -v +w f
t chmod -w f
t chmod -v =rw f; umask 022
t chmod -rwx f
t stat -c %a f
t chmod -c -R g+w .
t chmod u=g,o+X d
t stat -c %a d
t chmod 2755 d
t chmod 755 d
t stat -c %a d
t chmod 00755 d
t stat -c %a d
t chmod u=rwx,g=s d
t stat -c %a d
t chmod =0 d
t chmod a=t d
t stat -c %a d
t chmod g=rwx,+s d
t chmod ug= d
t stat -c %a d
t chmod -v 4755 f
t chmod -R
t readlink -f .
t readlink -f d/..
t readlink -f /
t readlink -f //tmp/./x
t realpath . ..
t realpath -z f
t realpath --relative-to=nope f
t touch -d @1.5 f
t stat -c '%.3Y' f
t touch -d '2024-05-06T07:08:09Z' f
t stat -c %Y f
t touch -d 'yesterday' f
t touch -d 'last monday' f
t touch -r nope f
t touch -d '+1 day' -r g f
t readlink -f f/
t readlink -f f/x
t readlink -e f/
t realpath f/

exec 2>&1
t() { echo "\$ $*"; eval "$*"; echo "[$?]"; }
touch f; ln -s f l; mkdir d; touch d/x; ln -s nope br
t chown 1:1 f
t chown -v 1:1 f
t chown -v 0 f
t chown -v :2 f
t chown -c root:root f
t chown nosuch f
t chown root:nosuch f
t chown nope:x f
t chown 1
t chown
t chown -v root. f
t chown daemon: f
t stat -c %U:%G f
t chown -v daemon:daemon f
t chown -Rv 1 d
t chown -hv 1 l
t chown 2 br nope
t chown -v 1: nope
t chown --reference=d -v f
t chown --from=0:0 -v 5 f
t chown --from=1 -v 5 f
t "chown '' f"
t chown : f
t chown -v : f
t chown 99999999999 f
t chgrp
t chgrp -v daemon f
t chgrp nosuch f
t chgrp -v daemon f
t chgrp -c root f
t chgrp root
t chgrp 1 nope
t chown -v :bin f
t chown -v :bin f
t chgrp -R -v 1 d
t mknod
t mknod a
t mknod a p
t mknod a p
t mknod c c 0 0
t mknod b b 8
t mknod b b x y
t mknod z z
t mknod c2 c 1
t mknod p2 p 1 2
t mknod -m 600 c3 c 1 3
t mknod b1 b 0x8 010
t mknod u u 1 1
t mknod x c 0 0 0
t ls -l
t mkfifo ff
t mkfifo ff
t mkfifo -m 600 gg
t mkfifo
t mkfifo -m zz x
t mkfifo nodir/x
t mktemp xxx
t mktemp -p /nonex
t mktemp a/XXXX/b
t mktemp -q nodir/XXX
t mktemp nodir/XXX
t mktemp x y
t truncate -s 10 t
t truncate -s +5 t
t truncate -s -3 t
t "truncate -s '<4' t"
t truncate -s %8 t
t stat -c %s t
t truncate -s x t
t truncate
t truncate -s 1
t truncate -s 1K t
t truncate -r t t2
t stat -c %s t2
t truncate -c -s 1 nope
t truncate -s 1 d
t truncate -s 1 nodir/x
t truncate -s -1x t
t sync
t sync nope
t sync -d
t basename
t basename a/b.c .c
t basename -a x/y z/
t basename -s .c a.c b.c
t basename /
t "basename ''"
t basename a b c
t basename .c .c
t dirname
t dirname a/b /x y// / a//b
t "dirname ''"
t "basename -z a | od -c"; echo hi > f; touch -d 2020-01-01 f; mknod c5 c 5 1; mkfifo p
t "stat f l c5 d p | grep -v Inode"
t stat nope
t "stat -c '%n %N %s %B %f %F %h %u %U %g %G %a %A %t %T %r %R %m %o %x %X %y %Y %%' f"
t stat -c '%N %F %t %T' l c
t stat -L l -c %F
t "stat -f -c '%l %n %s %S %t %T' ."
t "stat --printf '%n\t%s\n\x41\101' f"
t "stat -c '%5s|%-5s|%05s|%.3Y|%10.2X' f"
t "stat -c '%q %' f"
t "stat -c 'a\nb' f"
t "stat '' "
t stat -c %n f nope d; touch e
t "stat -c '%Hr %Lr' c"
t "stat -c '%#a %08a %+s' f"
t "stat -f /proc | grep -v ID"
t stat -c
t stat -f nope
t stat --printf='%y' f
t stat -c '%y' -- f
t stat -c %C f; touch 'a b' "it's"
t stat -c %N "'a b'"
t stat -c %n,%N '"a b"' '"it'"'"'s"'
t "stat 'a b' | head -1"; ln -s 'x y' sl
t "stat sl|head -1"
t chown 1 l
t stat -c %u f l
t chown -R -h 2 .
t stat -c %u:%n f l d/x
t stat -t l -c %n; chown 12345:54321 f
t stat -c %U:%G f
t ls -l f
t chown -v 12345:54321 f
t chown -v 0:0 f
t chown -v +1:+1 f

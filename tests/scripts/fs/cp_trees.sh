exec 2>&1
t() { echo "\$ $*"; eval "$*"; echo "[$?]"; }
umask 022; mkdir -p src/a/b; echo 1 > src/f; ln src/f src/hard; ln -s f src/sl; mknod src/dev c 0 0; mkfifo src/p; chmod 700 src/a; chmod 4755 src/f; chown 1:1 src/f; touch -d 2001-01-01 src/f src/a; setfattr -n user.x -v y src/f; setfattr -n trusted.o -v z src/a; truncate -s 1M src/sparse; echo x >> src/sparse; chmod 555 src/a/b
t cp -a src dst
t "cd dst; ls -lR; cd .."
t getfattr -d -m - -h -R dst
t stat -c "'%n %h %b %s %a'" dst/f dst/hard dst/sparse dst/a
t cp -r src dst2
t "cd dst2; ls -lR; cd .."
t stat -c "'%n %h %a %u'" dst2/f dst2/hard dst2/sparse dst2/a dst2/a/b
t cp -r src dst2
t ls dst2; umask 077
t cp -r src/a dst3
t stat -c %a dst3 dst3/b
t cp src/f f3
t stat -c %a f3
t cp -p src/f f4
t stat -c %a:%u f4;  umask 022
t cp --sparse=always src/sparse s2
t stat -c %b s2
t cp -rd src dst4
t ls -l dst4
t mount -t tmpfs x /mnt
t mv -v dst /mnt/
t "cd /mnt/dst; ls -lR; cd /lab"
t ls
t getfattr -d -m - -R /mnt/dst
t mv -v src/f /mnt/dst
t mv -v src /mnt/dst/src
t mkdir /mnt/k k
t touch k/x /mnt/k/y
t mv k /mnt
t mv k/x /mnt/k
t ls /mnt/k
t mv -v s2 /mnt/k/
t ln -s nope br
t cp a br
t cp s2 br
t cp -r br br2
t mv br /mnt
t ls -l /mnt; touch m1 m2
t mv m1 m2
t cp m2 m2x m2y k
t cp m2 m2 k; mkdir q1 q2; touch q1/m2
t cp m2 q1/m2 q2
t mv m2 q1/m2 q2
t cp -v --backup m2 k/m2
t cp -v --backup m2 k/m2
t ls k; chmod 000 q2
t cp -r q2 q9
t cp -R --no-preserve=mode q2 q10
t stat -c %a q9 q10
t cp --foo
t mv --foo
t umount /mnt

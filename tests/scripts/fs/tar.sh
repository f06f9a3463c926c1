# Making, listing and unpacking archives, and what GNU tar 1.34 says.
umask 022
mkdir -p d/s
echo hello > d/f
ln d/f d/h
ln -s f d/l
mkfifo d/p
mknod d/w c 0 0
chmod 640 d/f
touch -d '2023-11-14 22:13:20 UTC' d/f d/s d d/p d/w
touch -hd '2023-11-14 22:13:20 UTC' d/l
tar -cf a.tar d; echo $?
tar -cvf a.tar d
tar tf a.tar
tar tvf a.tar
tar tvvf a.tar --numeric-owner
tar --full-time -tvf a.tar d/f
sha256sum a.tar
stat -c %s a.tar
tar -c d | cmp - a.tar
tar -cvvf - d 2>&1 > /dev/null | head -3
mkdir x
tar xvf a.tar -C x; echo $?
find x -printf '%p %y %m %n %s %l\n' | sort
cmp x/d/f d/f && [ x/d/f -ef x/d/h ] && echo linked
tar -C x -xf a.tar d/s d/l; echo $?
tar xOf a.tar d/h
tar -xf a.tar d/h --to-stdout
tar tf a.tar d/s
tar -tf a.tar nothere; echo $?
tar xvf a.tar -C x d/h d/nope; echo $?
tar -tf a.tar 'd/*'; echo $?
tar --wildcards -tf a.tar 'd/[fl]'
tar --exclude=s -cvf q.tar d
tar --exclude='d/*' -cvf q.tar d
tar xvf a.tar --exclude=f --exclude='*/l' -C x
tar -cvf q.tar -C d f s
tar rvf q.tar d/l; tar tf q.tar
echo newer > d/f; touch -d '2033-11-14 22:13:20 UTC' d/f
tar uvf q.tar -C d f s
tar tf q.tar | sort | uniq -c | tr -s ' '
tar --strip-components=1 -xvf a.tar -C x; ls x
tar -dvf a.tar; echo $?
tar cvf b.tar /lab/d/l ../lab/d/s
tar tvf b.tar; tar xvf b.tar -C x; find x/lab
tar cPf b.tar /lab/d/l; tar tf b.tar; tar tPf b.tar
tar cf m.tar m.tar d/l; tar tf m.tar
tar cf t.tar --no-recursion -v d
tar cf t.tar --sort=name -v d
echo d/l > list; tar cvf t.tar -T list
printf 'd/l\0d/s\0' > list; tar cvf t.tar --null -T list
tar cf t.tar --owner=bob:1234 --group=7 --mode=u=rw,go=r --mtime='2020-01-02 03:04:05 UTC' d/l d/s; tar tvf t.tar
tar cf t.tar --remove-files d/p d/s; ls d; tar tf t.tar
true

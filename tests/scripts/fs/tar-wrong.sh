# What tar refuses, and how it says so.
mkdir d; echo one > d/f; echo two > g
tar xf; echo $?
tar; echo $?
tar -ctf x d; echo $?
tar --bogus; echo $?
tar -tf nofile; echo $?
tar -cf b.tar nofile; echo $?
tar -cf b.tar d nofile; echo $?
tar tf b.tar
tar -cf b.tar; echo $?
tar -xf b.tar -C nodir; echo $?
echo junk > j.tar; tar tf j.tar; echo $?
: > e.tar; tar tf e.tar; echo $?
tar tf - < /dev/null; echo $?
seq 3000 > d/long; tar cf b.tar d; head -c 6000 b.tar > k.tar; tar tf k.tar; echo $?
tar -ztf b.tar; echo $?
tar -czf z.tgz d; tar tf z.tgz; tar tzf z.tgz; cat z.tgz | tar t; echo $?
cat z.tgz | tar tz
tar caf z.tar.gz d; tar xOf z.tar.gz d/f
tar cf - d | tar tf - d/f
tar -cf /nodir/x.tar d; echo $?
tar -cf d d/f; echo $?
tar xf d; echo $?
tar rf z.tgz d -z; echo $?
mkdir v; cd v; tar cPf ../evil.tar ../d/f /lab/g; cd ..
tar tf evil.tar; tar xvf evil.tar -C v; echo $?; find v
mkdir w; ln -s /lab/d w/abs; ln -s ../g w/rel; ln -s g w/in; tar cf w.tar w; tar xvf w.tar -C v; echo $?
find v/w -printf '%p %l\n' | sort
tar xkf w.tar -C v; echo $?
tar xf w.tar -C v --skip-old-files; echo $?
rm -r v/w; mkdir -p v/w/in/x; tar xf w.tar -C v; echo $?
rm -r v/w; echo file > v/w; tar xf w.tar -C v; echo $?
ln g h; tar cf l.tar g h; rm -r v; mkdir v; tar xf l.tar -C v h; echo $?
tar cf t.tar --owner=1000:joe g; echo $?
tar cf t.tar --owner=joe g; echo $?
tar cf t.tar --format=nope g; echo $?
tar xf l.tar --strip-components=x; echo $?
touch 'new
line' 'back\slash'; tar cvf n.tar new* back*; tar tf n.tar
L=$(printf 'x%.0s' {1..120}); echo 1 > $L; ln -s $L sl; ln $L hl; touch -d '2023-11-14 22:13:20 UTC' $L; touch -hd '2023-11-14 22:13:20 UTC' sl
tar -cf l.tar $L sl hl; sha256sum l.tar; tar tvf l.tar | tr -s ' '
tar --format=ustar -cf u.tar g $L; echo $?; tar tf u.tar
tar --format=posix -cf p.tar $L; tar tf p.tar
touch -d '1969-12-31 12:00 UTC' old; tar cf o.tar old; sha256sum o.tar; tar tvf o.tar

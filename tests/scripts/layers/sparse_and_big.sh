exec 2>&1
mkdir -p l u w m; truncate -s 10M l/hole; printf end >> l/hole; head -c 300000 /dev/zero | tr '\0' x > l/big; printf start > l/mix; truncate -s 5M l/mix
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
printf z >> m/hole; stat -c '%n %s %b' l/hole m/hole u/hole; chmod 600 m/big m/mix; cmp l/big u/big; stat -c '%n %s %b' u/big u/mix l/mix; sha256sum m/big l/big | cut -c1-16
truncate -s 5 m/mix; cat m/mix; echo; : > m/big; stat -c '%n %s' m/big l/big; du -k u | tail -1 | cut -f2

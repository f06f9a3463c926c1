exec 2>&1
mkdir -p l1/d l2/d m; echo 1 > l1/a; echo 2 > l2/a; touch l1/d/x l2/d/y
mount -t overlay overlay -o lowerdir=l2:l1 m; echo $?
ls -R m; cat m/a; touch m/n; rm m/a; mkdir m/e; chmod 600 m/a; echo x > m/a; mv m/a m/b; ln m/a m/c; ln -s x m/s; rmdir m/d; truncate -s 0 m/a; setfattr -n user.x -v y m/a; cp l1/a m/z; touch -d 2001-01-01 m/a
mount | tail -1; umount m; mount -t overlay overlay -o lowerdir=l1 m; echo $?

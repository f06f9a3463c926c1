exec 2>&1
mkdir -p l u w m l2 u2 w2 m2; echo base > l/f; echo g > l/g
mount -t overlay one -o lowerdir=l,upperdir=u,workdir=w m; echo mid >> m/f; rm m/g; echo h > m/h
mount -t overlay two -o lowerdir=m,upperdir=u2,workdir=w2 m2; echo $?
ls m2; cat m2/f; echo top >> m2/f; rm m2/h; cat m2/f m/f l/f; ls -l u2 | cut -c1-10; ls m
mkdir m3; mount -t overlay three -o lowerdir=m2:l2 m3; echo $?
mount -t overlay bad -o lowerdir=l,upperdir=m/x,workdir=m/w m3; echo $?
umount m3 m2 m; echo $?; mount | grep -c overlay

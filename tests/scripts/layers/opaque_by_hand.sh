exec 2>&1
mkdir -p l u w m; mkdir -p l/d/sub u/d; touch l/d/x l/d/sub/y u/d/z
setfattr -n trusted.overlay.opaque -v y u/d
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
find m | sort; getfattr -d -m - m/d; getfattr -d -m - u/d
setfattr -x trusted.overlay.opaque m/d; setfattr -n trusted.overlay.opaque -v y m/d; setfattr -n trusted.foo -v 1 m/d
getfattr -d -m - m/d; getfattr -d -m - u/d
umount m; setfattr -x trusted.overlay.opaque u/d; mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m; find m | sort

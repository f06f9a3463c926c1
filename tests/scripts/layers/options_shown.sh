exec 2>&1
mkdir -p l u w m; mkdir l2
show() { grep overlay /proc/mounts; umount m; }
mount -t overlay o -o lowerdir=l:l2 m; show; mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w,ro m; show; mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w,noatime,nosuid,nodev m; show; mount -t overlay o -o rw,lowerdir=/lab/l,upperdir=/lab/u,workdir=/lab/w m; show; mkdir 'a b' 'c,d' 'e:f'; mount -t overlay o -o 'lowerdir=a b' m; mount -t overlay o -o 'lowerdir=a b:l' m; show; mount -t overlay o -o 'lowerdir=e\:f:l' m; show

exec 2>&1
mkdir -p l u w m; mkdir -p l/orig u/moved; echo in > l/orig/f; setfattr -n trusted.overlay.redirect -v orig u/moved; mknod u/orig c 0 0
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
ls m m/moved; cat m/moved/f; dmesg | tail -1 | sed 's/^\[[^]]*\] //' | head -0
umount m; setfattr -n trusted.overlay.redirect -v /orig u/moved; mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m; ls m/moved

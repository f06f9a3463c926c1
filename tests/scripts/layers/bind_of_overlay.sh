exec 2>&1
mkdir -p l u w m; mkdir b; echo x > l/f; mkdir l/d; touch l/d/y
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
mount --bind m/d b; ls b; touch b/z; ls m/d u/d; mount -o remount,bind,ro b; touch b/q; mount | tail -1; umount b; umount m; echo $?
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m; mount --bind m m; umount m; umount m; umount m

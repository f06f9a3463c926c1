exec 2>&1
mkdir -p l u w m; mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
grep -c overlay /proc/filesystems; grep overlay /proc/mounts; grep ' overlay ' /proc/self/mountinfo | cut -d' ' -f4-; umount m; grep -c overlay /proc/mounts

exec 2>&1
mkdir -p l u w m; mkdir -p l/d; echo x > l/d/f; echo y > l/g
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
has() { getfattr -h -n trusted.overlay.$2 $1 >/dev/null 2>&1 && echo $1 has $2 || echo $1 lacks $2; }
echo 1 >> m/d/f; touch m/new; has u impure; has u/d impure; has u/d origin; has u/d/f origin; has u/new origin; mv m/d/f m/f; has u/f origin; has u impure; echo z > m/g; has u/g origin; umount m; has u uuid

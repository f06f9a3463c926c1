exec 2>&1
mkdir -p l u w m; echo x > l/f
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
mount -o remount,ro m; echo $?; touch m/a; mount | tail -1; mount -o remount,rw m; touch m/a; ls m; mount | tail -1
mount -o remount,lowerdir=/nope m; echo $?; mount | tail -1; mount -o remount,noatime m; mount | tail -1

exec 2>&1
mkdir -p l u w m
last() { dmesg | tail -1 | sed 's/^\[[^]]*\] //'; }
mount -t overlay overlay m; last
mount -t overlay overlay -o lowerdir=l,upperdir=u m; last
mount -t overlay overlay -o lowerdir=nope,upperdir=u,workdir=w m; last
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=u/w m; last
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w,foo=1 m; last
mount -t overlay overlay -o lowerdir=l m; last

exec 2>&1
mkdir -p l u w m; echo f > l/f; mkdir l/d; setfattr -n user.a -v 1 l/f; setfattr -n trusted.b -v 2 l/d; setfattr -n user.d -v 3 l/d
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
getfattr -d -m - m/f m/d; setfattr -n user.a -v changed m/f; setfattr -n user.n -v new m/f; setfattr -x user.d m/d; setfattr -x user.nope m/d
getfattr -d -m - m/f m/d l/f l/d; getfattr -d -m '^(user|trusted\.b)' u/f u/d
setfattr -n trusted.overlay.origin -v x m/f; getfattr -n trusted.overlay.origin m/f; getfattr -n trusted.overlay.overlay.origin u/f

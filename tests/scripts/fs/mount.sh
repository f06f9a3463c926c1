exec 2>&1
t() { echo "\$ $*"; eval "$*"; echo "[$?]"; }
t mkdir -p l u w m
t mount -t overlay overlay
t mount -t overlay overlay m
t mount -t overlay overlay -o lowerdir=/nope,upperdir=/lab/u,workdir=/lab/w m
t mount -t overlay overlay -o foo=1 m
t mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w nope
t mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
t mount -o remount,ro m
t touch m/x
t mount -o remount,rw m
t mount -o remount,ro,bind m
t touch m/x
t mount -o remount,rw,bind m
t "mount | tail -1"
t "findmnt m"
t findmnt -t overlay
t findmnt -n -o TARGET,SOURCE m
t findmnt -o TARGET,FSTYPE,PROPAGATION m
t findmnt -T l
t findmnt nosuch
t findmnt -P m
t findmnt -J m
t findmnt -r m
t findmnt -R /lab
t findmnt --foo
t findmnt -o FOO
t umount m
t umount m
t mount -t nosuchfs x m
t mount --bind l m
t "mount | tail -1"
t umount m
t mount -B nope m
t mount --bind l nope
t mount --bind l
t mount /nope
t mount /mnt
t mount -t tmpfs -o size=1m,mode=700 t m
t "mount|tail -1"
t umount m
t mount -t tmpfs -o ro none m
t "mount | tail -1"
t touch m/x
t umount -l m
t mount --make-private m
t mount --make-shared /lab
t mount --make-rslave /lab
t mount --make-private /lab
t mount -o remount /lab/l
t mount -v -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
t umount -v m
t mount -t overlay overlay -o lowerdir=l:u m
t touch m/x
t umount m
t mount --rbind /lab /mnt
t "mount | tail -1"
t umount -R /mnt
t umount -R /mnt
t mount -t overlay -o lowerdir=l m
t mount a b c
t mount -z
t mount -t overlay overlay -olowerdir=l,upperdir=u m
t mount -t overlay overlay -o ro,lowerdir=l:u,noatime,nosuid m
t "mount | tail -1"
t mount -a
t umount -a -t overlay
t mount -t tmpfs x /dev/null
t mount x
t "echo f > f"
t mount -t overlay o -o lowerdir=l f
t umount f
t umount -f m
t umount -q m
t umount /dev/vdz
t mount -t proc proc m
t umount m
t umount -n m m2
t umount
t umount nope
t mount -t tmpfs foo l
t umount foo
t umount foo
t mount -r -t tmpfs x l
t "mount | tail -1"
t umount l
t mount -f -v -t tmpfs x l
t mount -o bind,ro u w
t "mount|tail -1"
t umount w
t mount --target m -o remount,ro
t mount -M u l
t mount -t ext4 /nodev w
t touch img
t mount -t ext4 img w
t mount overlay -t overlay m
t df nope
t df -t nosuch
t mkdir -p a/b
t mount -t tmpfs x a
t mkdir a/c
t mount -t tmpfs y a/c
t umount a
t umount -R a
t mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
t "cd m; umount /lab/m; cd .."
t umount m

exec 2>&1
mkdir -p l u w m; mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
cd m; umount /lab/m; cd ..; exec 3>m/open; umount m; echo $?; umount -l m; echo $?; mount | grep -c overlay; echo still >&3; cat u/open; exec 3>&-; umount m

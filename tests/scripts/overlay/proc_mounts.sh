mkdir lower upper work merged
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
grep overlay /proc/mounts; umount merged; mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged; grep overlay /proc/mounts; umount merged
mount -t overlay ov2 -o ro,lowerdir=lower:upper merged; grep overlay /proc/mounts; echo x > merged/x; echo $?; rm merged/x; touch merged/y; mkdir merged/z; echo $?; umount merged
mkdir 'a b' 'c:d'; mount -t overlay ov3 -o 'lowerdir=a b:c\:d' merged; grep overlay /proc/mounts; mount | grep ^ov3; umount merged; grep -c ^ov /proc/mounts

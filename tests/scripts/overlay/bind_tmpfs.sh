mkdir lower b t; echo 1 > lower/f; mount --bind lower b; cat b/f; echo 2 > b/g; ls lower; umount b; ls b; mount -t tmpfs tmpfs t; touch t/x; ls t; umount t; ls t; mount -t tmpfs -o size=64k small t; dd if=/dev/zero of=t/f bs=1k count=100 2>&1 | grep -v copied; stat -c %s t/f; mount | grep ^small | sed 's/(.*//'; umount t
mount --bind missing b; echo $?; mount --bind lower/f b; echo $?

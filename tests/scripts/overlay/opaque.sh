mkdir lower upper work merged; mkdir -p lower/d/sub; echo 1 > lower/d/x; echo 2 > lower/d/sub/y
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
rm -r merged/d; mkdir merged/d; ls -A merged/d; touch merged/d/new; ls merged/d; getfattr -d -m - --absolute-names upper/d 2>&1 | grep opaque; umount merged; mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
ls merged/d; umount merged; setfattr -x trusted.overlay.opaque upper/d; mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged; ls -R merged

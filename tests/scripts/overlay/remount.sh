mkdir lower upper work merged; echo 1 > lower/a
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
echo 2 >> merged/a; rm -f merged/zz; mkdir merged/d; mount -o remount,ro merged; echo x > merged/a; echo $?; mount -o remount,rw merged; echo x > merged/a; echo $?; cat merged/a; umount merged; mount -t overlay overlay -o lowerdir=upper:lower merged; ls merged; cat merged/a

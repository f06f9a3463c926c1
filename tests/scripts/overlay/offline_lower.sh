mkdir lower upper work merged; echo 1 > lower/a
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
cat merged/a; echo changed > lower/a; cat merged/a; umount merged; echo two > lower/b; mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged; ls merged; cat merged/b

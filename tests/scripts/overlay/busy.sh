mkdir lower upper work merged; echo 1 > lower/a
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
exec 3< merged/a; umount merged; echo $?; exec 3<&-; umount merged; echo $?; mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged; cd merged; umount ../merged; echo $?; cd ..; umount merged; echo $?; ls merged

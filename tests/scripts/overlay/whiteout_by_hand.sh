mkdir lower upper work merged; echo 1 > lower/a; echo 2 > lower/b; mknod upper/a c 0 0; mknod upper/zz c 0 0
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
ls merged; cat merged/a; stat merged/zz; mknod merged/b2 c 0 0; echo $?; mknod merged/c1 c 0 1; echo $?; stat -c %F merged/c1; echo back > merged/a; cat merged/a; rm merged/a; stat -c '%F' upper/a

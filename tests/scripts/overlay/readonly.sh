mkdir lower l2 merged; echo 1 > lower/a; echo 2 > l2/b; mkdir lower/d
mount -t overlay overlay -o lowerdir=lower:l2 merged
ls merged; touch merged/a; echo $?; touch merged/new; echo $?; rm merged/a; echo $?; mkdir merged/d; echo $?; mkdir merged/e; echo $?; mv merged/a merged/c; echo $?; chmod 1 merged/a; echo $?; ln merged/a merged/b2; echo $?; setfattr -n user.a -v b merged/a; echo $?; echo x >> merged/a; echo $?; rmdir merged/d; echo $?; cat merged/a merged/b; test -w merged/a; echo $?

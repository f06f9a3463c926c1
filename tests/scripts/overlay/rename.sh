mkdir lower upper work merged; mkdir -p lower/d/s lower/e; echo 1 > lower/f; echo 2 > lower/d/g; echo 3 > lower/e/h
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
mv merged/f merged/f2; ls merged upper; cat merged/f2; stat -c '%F %h' upper/f; mv merged/d merged/d2; echo $?; find merged upper | sort; cat merged/d2/g; mkdir merged/n; touch merged/n/k; mv merged/n merged/n2; find upper | sort; mv merged/f2 merged/e; ls merged/e; mv -T merged/e merged/d2; echo $?; mv merged/n2 merged/e/; find merged | sort; mv merged/missing merged/x; echo $?

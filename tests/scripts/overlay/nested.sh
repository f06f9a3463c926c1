mkdir lower upper work merged l2 u2 w2 m2; echo 1 > lower/a; echo 2 > lower/b
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
echo 3 >> merged/a; rm merged/b; echo c > merged/c
mount -t overlay overlay2 -o lowerdir=merged:l2,upperdir=u2,workdir=w2 m2; echo $?; ls m2; cat m2/a; rm m2/c; echo 4 >> m2/a; ls u2 m2; cat merged/a; stat -c '%F' u2/c

mkdir lower upper work merged; echo 1 > lower/a; ln lower/a lower/b
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
stat -c '%h %n' merged/a merged/b; echo 2 >> merged/a; cat merged/a merged/b; stat -c '%h %n' merged/a merged/b; ln merged/a merged/c; stat -c '%h %n' merged/a merged/c; [ merged/a -ef merged/c ]; echo $?; [ merged/a -ef merged/b ]; echo $?; rm merged/a; stat -c '%h %n' merged/c; ln merged/b merged/d; stat -c '%h %n' merged/b merged/d; ls upper; ln merged/nothing merged/z; mkdir merged/dir; ln merged/dir merged/dl

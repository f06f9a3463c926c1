mkdir lower upper work merged; echo 1 > lower/a; echo 2 > lower/b; mkdir lower/d; echo 3 > lower/d/c
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
rm merged/a merged/b; stat -c '%F %a %t:%T %h' upper/a upper/b; ls merged; cat merged/a; rm -r merged/d; stat -c '%F %h' upper/d; ls -A merged
echo new > merged/a; cat upper/a lower/a; stat -c '%F %h' upper/a upper/b; mkdir merged/b; getfattr -n trusted.overlay.opaque --only-values --absolute-names upper/b; echo; rmdir merged/b; stat -c %F upper/b; mkdir merged/d; ls -A merged/d; rm merged/nothing; echo $?; rmdir merged/nothing; echo $?

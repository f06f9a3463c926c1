mkdir lower upper work merged; mkdir -p lower/a/b/c lower/only; echo 1 > lower/a/b/c/f
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
rmdir merged/a; echo $?; rmdir merged/only; stat -c %F upper/only; rm -r merged/a/b; find upper | sort; mkdir -p merged/a/b/c; ls -A merged/a/b/c; rm -rf merged/a; find upper | sort; mkdir merged/x merged/x/y; rmdir merged/x; echo $?; rm -rf merged/x; ls -A upper; rm merged; echo $?; rmdir merged; echo $?; rm -d merged/only; echo $?

mkdir lower upper work merged; mkdir -p lower/a lower/b; echo 1 > lower/a/x; echo 2 > lower/b/y
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
find merged -type f -exec sh -c 'echo "$1: $(cat "$1")"' _ {} \; | sort; find merged -name x -delete; find merged | sort; find upper -type c; grep -r . merged; diff -r lower merged; echo $?; find merged -samefile merged/b/y

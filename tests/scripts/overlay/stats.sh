mkdir lower upper work merged; dd if=/dev/zero of=lower/f bs=4k count=5 status=none; mkdir lower/d
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
du -b merged/f; du -k merged/f | cut -f1; df --output=source,fstype,target merged; stat -f -c '%T %l' merged; stat -f -c %T lower; du -a merged | wc -l; df missing; echo $?; ls -ls merged/f | cut -c1-12; stat -c '%b %o' merged/f

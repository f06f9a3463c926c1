mkdir lower upper work merged; for i in 1 2 3 4 5; do echo $i > lower/f$i; done
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
rm merged/f*; stat -c '%h' upper/f1 upper/f5; find work | sed 's/#.*/#N/'; ls -A merged; touch merged/f3; stat -c %h upper/f1; umount merged; find work | sed 's/#.*/#N/'; mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
find work | sed 's/#.*/#N/'; stat -c %h upper/f1; rm merged/f3; stat -c '%h' upper/f3 upper/f1

mkdir lower upper work merged; echo 1 > lower/f; setfacl -m u:4321:rw lower/f; mkdir lower/d; setfacl -d -m g:100:rx lower/d
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
getfacl -p merged/f; getfacl merged/d; chmod 640 merged/f; getfacl -c merged/f; getfacl -c lower/f; touch merged/d/n; getfacl -c merged/d/n; mkdir merged/d/s; getfacl -c merged/d/s; setfacl -b merged/f; getfacl -c merged/f; setfacl -m u:nosuch:r merged/f; echo $?

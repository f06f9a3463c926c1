mkdir lower upper work merged; echo 1 > lower/f; touch -d '2020-02-03 04:05:06.789' lower/f; chmod 2755 lower/f; mkdir lower/d; touch -d @77 lower/d
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
chmod u+w merged/f; stat -c '%a %y' merged/f upper/f; echo x > merged/d/x; stat -c '%a' upper/d; touch -d @5 merged/f; stat -c %Y merged/f lower/f; touch -r lower/f merged/d; stat -c %y merged/d; chown 7:8 merged/f; stat -c '%u:%g %a' merged/f upper/f lower/f; [ merged/f -nt lower/f ]; echo $?

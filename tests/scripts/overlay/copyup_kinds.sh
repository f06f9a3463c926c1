mkdir lower upper work merged; echo data > lower/f; ln -s f lower/l; mkfifo lower/p; mkdir -p lower/d/e; echo x > lower/d/e/g; chmod 4751 lower/f; chown 12:34 lower/d
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
chmod 600 merged/f; chown -h 5:6 merged/l; chmod 644 merged/p; echo y >> merged/d/e/g; touch -d @1000 merged/d
stat -c '%n %F %a %s %h %u:%g' upper/* upper/d/e/g merged/f merged/l merged/p merged/d/e/g; cat upper/d/e/g; readlink upper/l; stat -c %Y upper/d

mkdir lower upper work merged l2; touch lower/a lower/b lower/c upper/x upper/y l2/q l2/a
mount -t overlay overlay -o lowerdir=lower:l2,upperdir=upper,workdir=work merged
ls -U merged; find merged; touch merged/new; ls -U merged; rm merged/b; ls -U merged; ls -fa merged; ls -U upper lower l2

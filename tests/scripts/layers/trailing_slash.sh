exec 2>&1
mkdir -p l u w m; mkdir l/d; touch l/f l/d/x; ln -s d l/s
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
ls m/d/ m/s/; ls m/f/; rm m/f/; rmdir m/s/; rm m/s/; mv m/d/ m/e/; ls m; mkdir m/n/; rmdir m/n/; touch m/zz/; ln -s x m/y/; cat m/d/x/; ls m/e

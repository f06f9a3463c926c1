exec 2>&1
mkdir -p l u w m; touch l/f; mkdir l/d; setfacl -m u:daemon:rwx l/f; setfacl -d -m g:bin:rx l/d
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
getfacl m/f m/d; echo x >> m/f; getfacl u/f; touch m/d/new; mkdir m/d/sub; getfacl m/d/new m/d/sub; setfacl -b m/f; getfacl m/f l/f; ls -l m

exec 2>&1
mkdir -p l u w m; mkdir -p w/work/old; touch w/work/old/file; echo x > l/f
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
ls -A w/work; rm m/f; ls -l w/work | cut -c1-10; umount m; ls -l w/work | cut -c1-10; mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m; ls -A w/work; stat -c '%n %a' w w/work; ls m

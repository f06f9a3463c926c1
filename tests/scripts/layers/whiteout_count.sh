exec 2>&1
mkdir -p l u w m; touch l/1 l/2 l/3; mkdir l/d; touch l/d/4
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
rm m/1; stat -c '%n %h' u/1; rm m/2 m/3; stat -c '%n %h' u/1 u/2 u/3; rm m/d/4; rmdir m/d; stat -c '%n %h' u/d; ls w/work | wc -l; touch m/1; stat -c '%n %h' u/2; umount m; stat -c '%n %h' u/2; mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m; stat -c '%n %h' u/2; ls w/work | wc -l; rm m/1; stat -c '%n %h' u/1 u/2; ls m

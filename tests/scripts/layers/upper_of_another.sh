exec 2>&1
mkdir -p l u1 w1 m1 u2 w2 m2; echo x > l/f
mount -t overlay a -o lowerdir=l,upperdir=u1,workdir=w1 m1; echo one >> m1/f; rm -f m1/none; mkdir m1/d; touch m1/d/q; umount m1
mount -t overlay b -o lowerdir=u1:l,upperdir=u2,workdir=w2 m2; ls -R m2; cat m2/f; rm m2/f; rm -r m2/d; ls m2; find u2 | sort; ls -l u2 | cut -c1-10; umount m2
mount -t overlay c -o lowerdir=u2:u1:l m2; ls -A m2; umount m2; mount -t overlay c -o lowerdir=u1:u2:l m2; ls m2

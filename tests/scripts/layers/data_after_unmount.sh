exec 2>&1
mkdir -p l u w m; echo x > l/x; mkdir l/d; touch l/d/1
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
echo y > m/x; rm m/d/1; mkdir m/d/2; umount m; find u | sort; ls m; rm -r w; mkdir w; mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m; find m | sort; cat m/x; umount m; cp -a u u3; mkdir w3 m3; mount -t overlay o -o lowerdir=l,upperdir=u3,workdir=w3 m3; find m3 | sort; cat m3/x

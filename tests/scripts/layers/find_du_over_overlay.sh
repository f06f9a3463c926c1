exec 2>&1
mkdir -p l u w m; mkdir -p l/d/e u/d; echo 12345 > l/d/a; head -c 9000 /dev/zero | tr '\0' x > l/d/e/b; echo u > u/d/c; ln -s a l/d/s
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
find m -type f | sort; find m -size +1k; find m -type d -empty; du -a m | sort -k2; du -s u l; find m -xdev -type l -ls | awk '{print $NF}' 2>/dev/null | head -0; find m -samefile m/d/a; find m -links 1 -type f | sort; wc -c m/d/*
grep -r . m | sort; ls -s m/d | tail -n +2

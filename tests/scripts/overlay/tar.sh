# A layer as an archive: whiteouts are devices, opaque directories attributes, and both come back.
mkdir l u w m x
mkdir l/d; echo one > l/d/f; echo two > l/g; echo three > l/h
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
rm m/g; rm -r m/d; mkdir m/d; echo new > m/d/n; chmod 600 m/h
umount m
tar --xattrs --xattrs-include='trusted.overlay.*' -cf u.tar -C u .
tar tf u.tar | sort
tar --xattrs -tvvf u.tar | sed -E 's/20..-..-.. ..:../T/; s/ +/ /g' | grep -v origin | sort
mkdir v; tar --xattrs --xattrs-include='trusted.*' -xpf u.tar -C v
getfattr -n trusted.overlay.opaque v/d
stat -c '%n %F %t,%T' v/g
mount -t overlay overlay -o lowerdir=v:l m
find m | sort; cat m/d/n; cat m/g; stat -c %a m/h
tar cf - -C m . | tar tf - | sort
umount m
tar --xattrs -cf p.tar -C u d; tar --xattrs -tvvf p.tar | grep -c overlay

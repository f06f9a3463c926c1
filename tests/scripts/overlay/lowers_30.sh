for i in $(seq 30); do mkdir -p l$i/d; echo "$i" > l$i/f; echo "only $i" > l$i/only$i; echo "d$i" > l$i/d/x$i; done
mkdir u w m
lower=$(for i in $(seq 30); do printf 'l%s:' $i; done); lower=${lower%:}
mount -t overlay overlay -o "lowerdir=$lower,upperdir=u,workdir=w" m || exit
ls m; ls m/d; cat m/f m/only30 m/d/x30
echo edit >> m/f; echo edit >> m/only30; cat u/f u/only30 l1/f
rm m/only1 m/d/x1; mv m/only30 m/renamed; echo $?; mv m/f m/d/f
find u | sort; ls m m/d; stat -c '%F %t %T %h %n' $(find u -type c | sort)
mv m/d m/e; echo $?; ls m/e; find u | sort
umount m; ls u w; find w | sed 's/#.*/#N/'

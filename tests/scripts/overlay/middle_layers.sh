mkdir l1 l2 l3 u w m; mkdir l1/d l3/d; echo file > l2/d; echo 1 > l1/d/a; echo 3 > l3/d/b; echo x > l2/x; mknod l1/x c 0 0; echo x3 > l3/x; mkdir l2/e l3/e; touch l2/e/p l3/e/q
mount -t overlay o -o lowerdir=l1:l2:l3,upperdir=u,workdir=w m
ls m; ls m/d m/e; cat m/x; echo $?; echo new > m/x; cat m/x; rm m/x; ls u; rm m/e/p; ls m/e; find u | sort

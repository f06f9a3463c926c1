exec 2>&1
mkdir -p l u w m; for i in 1 2 3 4 5; do touch l/l$i; done; for i in 1 2 3; do touch u/u$i; done
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
ls -U m | tr '\n' ' '; touch m/n1 m/n2; ls -U m | tr '\n' ' '; rm m/l3; ls -U m | tr '\n' ' '; echo x > m/l2; ls -aU m | tr '\n' ' '; find m | tr '\n' ' '

exec 2>&1
mkdir -p l u w m; touch l/f u/g; mkdir u/d
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
lsattr m/g u/g; chattr +i m/g; lsattr m/g; rm m/g; echo x > m/g; chattr -i m/g; rm m/g; chattr +a m/f; echo $?; echo a >> m/f; echo b > m/f; lsattr u/f; chattr -a m/f; rm m/f; ls m

exec 2>&1
mkdir -p l u w m; for i in $(seq 1 200); do echo $i > l/f$i; done
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
for i in $(seq 1 3 200); do rm m/f$i; done; for i in $(seq 2 3 200); do echo x >> m/f$i; done; ls m | wc -l; ls u | wc -l; find u -type c | wc -l; find u -type f | wc -l; stat -c %h u/f1; rm m/*; ls -A m; find u -type c | wc -l; ls w/work | wc -l

exec 2>&1
mkdir -p l u w m; mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
n=$(printf 'x%.0s' $(seq 1 255)); touch m/$n; ls m | wc -c; touch m/${n}y; mkdir m/${n}y; mv m/$n m/${n}z; rm m/$n; ls m

exec 2>&1
mkdir -p l u w m; mkdir -p l/a/b; ln -s loop l/loop; ln -s .. l/a/b/up
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
cat m/loop; ls m/a/b/up/b; cd m/a/b; pwd; cd ..; pwd; ls ../a; cd ../..; ls m/a/./../a/b; rmdir m/a/b/.; rm -r m/a/b/up; mv m/a/. m/z; mv m/a m/a/b; ls m/a/b/..; touch m/a/b/../../top; ls m

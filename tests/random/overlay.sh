umask 022
mkdir low low2 up work m out
mkdir -p low/dir/sub low/empty low2/dir low2/only2 low/gone
printf 'one\ntwo\nthree\nTwo\n' >low/a.txt; printf 'b b\nc:d:e\n\n10\n9\n' >low/b.txt
printf 'in dir\n' >low/dir/in.txt; printf 'deep' >low/dir/sub/deep; : >low/empty/.keep
printf 'from two\n' >low2/two.txt; printf 'hidden\n' >low2/a.txt; printf x >low2/dir/y
ln -s a.txt low/link; ln -s nowhere low/broken; ln low/b.txt low/hard; ln -s dir low/dlink
mkfifo low/pipe; mknod low/null c 1 3; printf 'sp\n' >'low/a b'; printf 'dash\n' >low/-x
chmod 640 low/b.txt; chmod 4755 low2/two.txt; chmod 1777 low2/only2; chown 1:2 low/dir/in.txt
setfattr -n user.k -v val low/a.txt; setfacl -m u:1:r low/dir; truncate -s 100K low/sparse
touch -d 2001-02-03T04:05:06 low/a.txt low/dir; touch -d 2010-01-01 low2/two.txt
mount -t overlay overlay -o lowerdir=low:low2,upperdir=up,workdir=work m
echo new >m/new.txt; echo more >>m/dir/in.txt; rm -r m/gone; rm m/hard; mkdir m/fresh
cd m

printf 'apple\nBanana\ncherry pie\napple pie\n\n' > f; printf 'pie\n' > g; mkdir -p d/e; echo 'apple tree' > d/e/h; echo none > d/i
grep apple f; grep -n apple f; grep -c apple f; grep -v apple f; grep -i banana f; grep -w pie f; grep -x apple f
grep -o p f; grep -l pie f g; grep -L apple f g; grep -h pie f g; grep -H pie g; grep pie f g; grep -q pie f; echo $?
grep zzz f; echo $?; grep zzz missing; echo $?; grep -s zzz missing; echo $?
grep -r apple d; grep -rn apple d; grep -rl apple .| sort; grep -e apple -e pie f; grep -E 'a(p+)le|pie$' f; grep 'a\(p*\)le' f
grep -F 'a.p' f; echo $?; grep '^$' f; grep -n '^$' f; grep -A1 Ban f; grep -B1 pie f; grep -C1 cherry f; grep -m1 apple f
grep -b pie f; echo abc | grep -o '[a-c]'; grep -c '' f; grep -vn apple f; grep 'x*' g; echo 'a+b' | grep 'a+b'; echo 'aab' | grep -E 'a+b'
grep -n -A1 apple f; grep --color=always pie g; grep apple d; echo $?; printf 'a\0b\n' | grep b; printf 'a\0b\n' | grep -a b | od -c

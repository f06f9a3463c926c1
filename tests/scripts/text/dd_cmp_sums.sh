seq 100 > f; dd if=f of=g bs=10 count=3 2>/dev/null; cat g; dd if=f of=g bs=4 skip=1 count=2 status=none; cat g; echo; dd if=f of=h bs=5 seek=2 count=1 2>&1 | head -2; od -c h
dd if=f bs=292 count=1 2>/dev/null | cmp - f; echo $?; dd if=missing; echo $?; dd zz=1; echo $?; dd bs=x; echo $?; printf abcdef > k; printf XY | dd of=k bs=1 seek=2 conv=notrunc 2>/dev/null; cat k; echo
cmp f f; echo $?; printf 'a\nb\n' > a; printf 'a\nc\n' > b; printf 'a\n' > c; : > z; cmp a b; echo $?; cmp a c; echo $?; cmp -s a b; echo $?; cmp -l a b; cmp a missing; echo $?; cmp -b a b; cmp z a
sha256sum a b; sha256sum < a; sha256sum a b > sums; sha256sum -c sums; echo x >> a; sha256sum -c sums; echo $?; sha256sum missing; echo $?; sha256sum --tag b
head -c 20 f | base64; head -c 20 f | base64 | base64 -d; echo; echo '!' | base64 -d; echo $?; printf 'hello' | base64 -w3; printf 'hello world, this is' | xxd; printf hello | xxd -p

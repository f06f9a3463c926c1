printf 'one\ntwo\nthree\nfour\n' > f
sed 's/o/0/' f; sed 's/o/0/g' f; sed -n '2p' f; sed '2,3d' f; sed '$d' f; sed -n '/t/p' f
sed '/two/,/three/s/^/> /' f; sed '1!G;h;$!d' f; sed = f | sed 'N;s/\n/ /'
sed -e 1d -e 's/t/T/2' f; sed 2q f; sed -n '$=' f; sed 'y/abc/xyz/' f
sed '2a\
appended' f; sed '2i before' f; sed '3c changed' f; sed 's/\(t\)\(.\)/\2\1/' f
sed -E 's/(t)(.)/[\1|\2]/' f; sed 's/.*/\U&/;s/O/\lX/' f; sed -n 'l' f; sed '1~2d' f; sed '2,+1d' f
sed '0,/o/s//X/' f; sed ':a;N;$!ba;s/\n/,/g' f; sed 's/x*/-/g' f; sed 's/two/a\nb/' f

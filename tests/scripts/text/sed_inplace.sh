printf 'a\nb\n' > f; printf 'c' > g
sed -i 's/a/A/' f; cat f; sed -i.bak 's/b/B/' f; cat f f.bak; ls
sed -n -i p g; cat g; echo; sed 's/c/d/' g; echo; sed p g f
sed -s -n '$p' f g; echo; sed -n '$p' f g; echo; sed 'w out' f; cat out; sed 'r g' f
printf 'x\0y\0' | sed -z 's/^/>/' | od -c
sed --version | head -1; sed 5q < /dev/null; echo $?

echo a | grep '['; echo $?
echo a | grep -E '(a'; echo $?
echo a | grep 'a\{2'; echo $?
grep; echo $?
grep -Z; echo $?
echo a | grep -k a; echo $?
echo a | grep --nope a; echo $?
echo a | grep -A x a; echo $?

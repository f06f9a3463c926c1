seq 10 > a; seq 10 | sed 's/5/five/' > b; printf '1\n2\n' > c; printf '1\n2\n3\n' > d; printf '1\n2' > e; : > z
diff a b; echo $?; diff a a; echo $?; diff -q a b; diff -s a a; diff c d; diff d c; diff c e; diff z c; diff c z
diff -u a b | sed 1,2d; diff -U1 a b | sed 1,2d; diff -u c d | sed 1,2d; diff -u z c | sed 1,2d; diff -u --label x --label y c e
diff a missing; echo $?; mkdir -p p/q r; echo 1 > p/f; echo 2 > r/f; echo 3 > p/only; echo 4 > r/other; echo 5 > p/q/g
diff p r; echo $?; diff -r p r; diff -rq p r; mkdir r/q; diff -r p r; diff p/f r; diff -rN p r | grep -v '^diff'; diff; echo $?; diff a; echo $?
printf 'a b\n' > s1; printf 'a  b\n' > s2; diff -b s1 s2; echo $?; diff -w s1 s2; echo $?; diff -i <(echo A) <(echo a); echo $?
printf '\0x' > b1; printf '\0y' > b2; diff b1 b2; echo $?
printf 'a\nb\nc\nd\n' > m1; printf 'b\nc\nX\nd\ne\n' > m2; diff m1 m2; printf 'x\na\nb\na\nb\ny\n' > n1; printf 'x\na\nb\na\nb\na\nb\ny\n' > n2; diff n1 n2; diff n2 n1

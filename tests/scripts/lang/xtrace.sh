set -x
a=1 b="x y"; echo $a "$b" '*' "" $'t\tq'
for i in 1 2; do :; done
if [ $a = 1 ]; then echo yes > /dev/null; fi
f() { local z=3; echo "$z"; }; f a "b c"
x=$(echo sub; true); cat <<<"$x"
(( a + 1 )); [[ $b == x* && -n $a ]]; case $a in 1) :;; esac
arr=(1 "2 3"); arr[0]=9; while false; do :; done
export V=1; a=2 true; ! false; { echo g; } 2>&1; (echo s)
let q=1; [[ abc =~ b ]]; for ((i=0;i<1;i++)); do :; done; unset q
set +x; echo end

f() { local x=1 y; echo "$# $1 $x"; x=2; g; return 3; }
g() { echo "g sees $x"; x=9; }
x=0; f a b; echo $? $x
fact() { if (($1<2)); then echo 1; else echo $(( $1 * $(fact $(($1-1))) )); fi; }; fact 5
h() { echo "$FUNCNAME ${FUNCNAME[@]}"; }; h
k() { for i in "$@"; do echo "$i"; shift; done; }; k 1 2 3
function w { echo "w: $*"; }; w a b
r() { return; }; false; r; echo $?
type f; declare -F; declare -f g
unset -f g; g; echo $?
l() { local IFS=,; echo "$*"; }; l 1 2 3; echo "$IFS" | od -c | head -n 1
x=5 h; X=1 eval 'echo $X'; echo "[$X]"
red() { echo out; echo err >&2; } >/dev/null 2>&1; red; echo done
rec() { [ $1 -gt 0 ] && { echo $1; rec $(($1-1)); }; }; rec 3
return 2; echo $?

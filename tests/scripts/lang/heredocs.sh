x=val; cat <<A; cat <<'B'; cat <<-C
$x $(echo cmd) $((1+1)) \$x \\ `echo bt` "q" 'q'
A
$x $(no) \n
B
	tabbed $x
	C
cat <<E1 - <<E2
one
E1
two
E2
f() { cat <<X
in f $1
X
}; f arg; declare -f f
cat <<X | tr a-z A-Z; echo next
pipe
X
while read l; do echo "l:$l"; done <<X
a
b
X
cat <<"E O"
spaced
E O
cat <<X
${x:-a "b"} ${nope:-"d q"} a\
b
X
(cat <<X
sub
X
)
echo $(cat <<X
incmd
X
)

declare -i i=5; i=i+1; echo $i; i=abc; echo $i; declare -p i; declare +i i; i=1+1; echo $i
declare -x E=1; declare -p E; declare -r R=1; declare -p R; declare -rx RX=2; declare -p RX
declare -a A; declare -p A; A=1; declare -p A; declare -A H; H[x]=1; declare -p H; declare -a B=(1 "2 3" '$x'); declare -p B
declare -n ref=target; target=5; echo $ref; ref=6; echo $target; declare -p ref; unset ref; echo "[$target]"; unset -n ref
declare -u U=abc; U+=def; echo $U; declare -l L; L=ABC; echo $L; declare -p U L
f() { declare x=1; declare -g y=2; local -i z=3+4; echo $x $z; }; f; echo "[$x] $y [$z]"
export A1=1 B1="x y"; export -p | grep -E ' (A1|B1)='; readonly C1=3; readonly -p | grep C1; typeset t=1; echo $t
declare 1x=2; echo $?; export a-b=1; echo $?; unset nope; echo $?; declare -p nope; echo $?; declare -z; echo $?
v=1; v+=2; echo $v; declare -i w=1; w+=2; echo $w; x=y=z; echo $x; unset v; echo ${v-gone}; v= ; echo "[$v]"
echo ${B@a} ${i@a} ${E@A} "${B[@]@K}"; local q=1; echo $?
HOME=/x; echo ~; cd; echo $?; PATH=/nope; ls; echo $?; /bin/echo full

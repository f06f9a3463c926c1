echo a > f; echo b >> f; cat < f; cat f 2>&1 >/dev/null; echo "$?"
{ echo out; echo err >&2; } > o 2> e; cat o e
{ echo out; echo err >&2; } &> both; cat both
exec 3> three; echo to3 >&3; exec 3>&-; cat three; echo x >&3; echo $?
exec 4< f; read l <&4; echo $l; read l <&4; echo $l; exec 4<&-
cat <<< "here $((1+1))"; cat <<'E2' <<-E3
no
E2
	tab
	E3
set -C; echo x > f; echo $?; echo y >| f; cat f; set +C
echo z <> rw; cat rw; cat < missing; echo $?
exec {fd}> dyn; echo hi >&$fd; exec {fd}>&-; cat dyn
( echo sub ) > s; cat s; while read x; do echo "r:$x"; done < f
echo a >&2 2>/dev/null; ls nonexist 2>/dev/null || echo failed
x="a b"; echo t > $x; echo $?
echo 1 > d1 2> d2 > d3; ls d1 d2 d3; wc -c < d3
cat < /dev/null; echo none > /dev/null
: > empty; wc -c empty; echo x 1>&- ; echo $?

x='a b'; y="$x c"
echo $x "$x" '$x' "\$x" \$x $'a\tb\x41\u00e9\'' $"loc"
echo "a\"b" 'a\b' a\ b "`echo in`" "$(echo "nested "'q')"
printf '[%s]\n' "" '' "a"'b'"c" $'\n' \
  cont"in
ued"
echo ~ ~root "~" a~ ~+ ~/x
v=~/bin:~root; echo $v
echo "${x}" "${x:-d}" "${z:-"q r"}" ${z:-'s t' u}

a='x y'; echo $a "$a" '$a' \$a "\$a" $'t\tn' "a\"b" 'it'"'"'s'; printf '%s|' $a "$a" '' "" ; echo; b=; echo "[$b]" [$b]; echo "${a}z" $a"z" "$(echo "in $(echo deep)")" `echo back`; echo "\n" '\n' $'\x41\101'; echo "!" a#b # comment
echo {a,b}{1,2} {1..5} {a..e..2} {3..1} x{,y}z {a} {1..3}{x,y} "{a,b}" {01..03}
echo a\
b "c\
d"

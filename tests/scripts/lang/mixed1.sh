# expansions inside one another, and what a word may be made of
a=(x y z); i=1; s="path/to/file.txt"
echo "${a[$((i+1))]}" "${a[i]}" "${s%"${s##*/}"}" "${s/${a[0]}/q}" "$(echo "${a[@]/%/!}")"
echo "$(echo "$(echo "$(echo deep)")")" `echo \`echo two\`` "`echo "q"`"
echo ${s//\//-} ${s//[aeiou]/} ${s/*\//} "${s:0:${#a[@]}}" ${a[@]:$i}
v='*'; echo "$v" "${v}"x; w='a  b'; echo $w "$w" ${w}; x="$w"$w; echo "$x"
echo "a$(printf '\n\n')b" "$(echo 'x  y')" $(echo 'x  y')
echo {1..3}$i "{a,b}" {"a b",c} ${a[0]}{1,2} {$i,2}
for f in "$s" ${a[*]}; do printf '<%s>' "$f"; done; echo
n=; echo "[$n]" [$n] ["$n"] ${n:-e}; set -- "" a ""; echo $# "$#" "$@"; for p in "$@"; do echo "[$p]"; done
set -- $n; echo $#; set -- "$n"; echo $#; echo "${@:-none}" "${1-unset}"
echo a;echo b&&echo c||echo d; { echo e;}; (echo f); ! echo g; echo $?
t=$'a\nb'; echo "$t" | while read l; do echo "-$l-"; done; echo ${t} "${#t}"
case "a b" in "a b") echo quoted;; esac; case $v in '*') echo star;; esac; case x in [[:alpha:]]) echo alpha;; esac
echo $((${#s} + ${a:+1})) $(( a[0] = 5, a[0] )) ${a[0]} "$(( i ? 10 : 20 ))"

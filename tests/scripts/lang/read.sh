printf 'a b c\nd\\ e f\nlast' > f
{ read x y; echo "[$x][$y]"; read x y; echo "[$x][$y]"; read z; echo "$? [$z]"; } < f
{ read; read -r x; echo "$REPLY|$x"; } < f; IFS=: read a b c <<< "1:2:3:4"; echo "$a,$b,$c"
read -a arr <<< "p q r"; echo ${#arr[@]} ${arr[2]}; read -d : x <<< "ab:cd"; echo $x; read -n 2 x <<< hello; echo $x
read -N 4 x <<< "a b c"; echo "[$x]"; echo "  lead trail  " | { read x; echo "[$x]"; }; echo "  l t  " | { IFS= read x; echo "[$x]"; }
mapfile -t m < f; echo ${#m[@]} "${m[1]}"; mapfile -n 1 m < f; echo "${#m[@]} ${m[0]}"; readarray -s 1 -t m < f; echo "${m[0]}"
IFS=, read -ra v <<< "a,,b,"; echo ${#v[@]} "[${v[1]}]"; while IFS= read -r l; do echo ">$l"; done < f; echo "eof [$l]"
read x < /dev/null; echo $?; read -u 9 x; echo $?; read 1x <<< a; echo $?; read -q; echo $?
x="a:b::c"; IFS=:; set -- $x; echo $# "$3"; IFS=' :'; y=" a : b "; set -- $y; echo $#; unset IFS
IFS=$'\n'; for i in $(printf 'a b\nc'); do echo "<$i>"; done

p=/usr/local/lib/file.tar.gz
echo ${p##*/} ${p#*/} ${p%%.*} ${p%.*} ${p/l/L} ${p//l/L} ${p/#\/usr/U} ${p/%gz/xz} ${#p}
echo ${p:5} ${p:5:5} ${p: -2} ${p:1:-3} ${p^^} ${p^} 
s="Hello World"; echo ${s,,} ${s,} ${s^^[lo]} ${s~~} ${s@Q} ${s@U} ${s@L} ${s@u}
unset u; e=; echo "[${u-a}] [${u:-b}] [${e-c}] [${e:-d}] [${u+x}] [${e+y}] [${e:+z}] [${u:=set}] [$u]"
ref=s; echo ${!ref}
set -- a 'b c' d
echo $# "$1" "$2" ${@:2} "${@:1:2}" "$*" ${#} ${#@}
for i in "$@"; do echo "<$i>"; done; for i in $*; do echo "($i)"; done
IFS=:; echo "$*"; unset IFS; echo "$*"
pre_a=1; pre_b=2; echo ${!pre_*} "${!pre_@}"
t="a.b.c"; echo ${t//./ } ${t//[ac]} "${t//./\\}" "${t//b/[&]}"
n=5; echo ${n:0:1}${n: -1} ${p:n:2} ${p:n+1:2}
x=é€ab; echo ${#x} ${x:1:2} ${x%?}

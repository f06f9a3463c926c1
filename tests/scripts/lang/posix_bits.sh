# the corners that scripts lean on
: ${D:=default}; echo $D; set -- a b c; echo ${1:+one} ${4:-four} "${*: -1}" ${@: -2:1}; eval "last=\${$#}"; echo $last
if [ -z "${X+set}" ]; then echo unset; fi; X=; [ -n "${X+set}" ] && echo set; [ "${X:-e}" = e ] && echo empty
cmd='echo "a b"'; $cmd; eval $cmd; y='a=b c'; echo $y; $nothing; echo $?; $nothing echo ran
IFS=,; s='a,b,,c'; for i in $s; do echo "[$i]"; done; echo $s "$s"; unset IFS
OLD=$PWD; cd / && cd "$OLD" && pwd; cd ./; pwd; mkdir x; cd x/../x; pwd; cd ..; rmdir x
true && false || echo or; false && echo no; echo $?; true || echo no; { false; echo $?; }; ! { false; }; echo $?
echo "a\
b"; echo 'a\
b'; echo a\
b; # comment here
echo a#b #c; echo "#not"; echo \#esc
test a = a && test ! b = c && echo t; [ ! -e nofile ] && echo nf; [ -d . -a -w . ] && echo dw
printf '%s\n' *; echo "$(cat <<'Q'
it's "q" `x` $y
Q
)"; for i in 1 2 3
do
  case $i in
    2) continue ;;
  esac
  echo "i=$i"
done
until false; do echo once; break; done; while getopts "a:" o -a v; do echo $o $OPTARG; done; echo $OPTIND
umask 022; touch n; stat -c %a n; mkdir dd; stat -c %a dd; (umask 077; touch m; stat -c %a m)
exec 9>log; echo l1 >&9; exec 9>>log; echo l2 >&9; exec 9>&-; cat log; echo $(( $(wc -l < log) + 1 ))
x=$(exit 7); echo $?; x=$(echo v) y=$(exit 2); echo $? $x; export Z=$(exit 3); echo $?; local_=1 true; echo ${local_-no}

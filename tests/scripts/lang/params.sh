set -- a 'b c' d; echo $# "$@" "$*" $1 ${2} "${@:2}" "${@:1:1}"; for i in "$@"; do echo "<$i>"; done; for i in $*; do echo "<$i>"; done; IFS=,; echo "$*"; unset IFS; shift; echo $1; shift 5; echo $? $#
f=path/to/file.tar.gz; echo ${f%.*} ${f%%.*} ${f#*/} ${f##*/} ${f/t/T} ${f//t/T} ${f/#path/P} ${f/%gz/xz} ${#f} ${f:5} ${f:5:2} ${f: -2} ${f^} ${f^^} ${f,,} ${f:0:-3}
unset u; echo "${u-def}" "${u:-def}" "${u:=set}" "$u" "${u:+alt}" "${u+alt}" ${v:-"a b"}; e=; echo "${e-def}|${e:-def}|${e+alt}|${e:+alt}"; echo ${nope?message}; echo not reached

# Bad substitutions and unset variables: what they end, and what they say.
t() { bash -c "$1"; echo "=> $?"; }
t 'echo ${a b}
echo next'
t 'a=1; echo ${a@q}
echo next $?'
t 'a=1; f() { echo ${a@q}; echo in; }; f; echo out
echo next $?'
t 'f() { echo ${a b}; echo in; }; f; echo out
echo next $?'
t '(echo ${a b}; echo in); echo out $?
echo next $?'
t 'x=$(echo ${a b}); echo out $? $x'
t 'echo ${x:-y${a b}z}w'
t 'echo "a ${x:-y${a b}z} w"'
t 'echo ${x:-"q ${a b}"}'
t 'cat <<E
line ${a b} x
two
E
echo next'
t 'a=${a b}; echo next'
t '[[ x${a b} == y ]]; echo next'
t 'for i in ${a b}; do echo; done; echo next'
t 'case ${a b} in x) ;; esac; echo next'
t 'p=(a)b; declare -p p; q=()1; declare -p q; r=x(a); declare -p r'
t 'echo >${a b}; echo next'
t 'echo $((${a b})); echo next'
t 'echo $(( ${a b} + 1 )); echo $(( 1 + )); echo next
echo third'
t 'a=3; echo ${a:1:x y} ; echo n'
t 'echo ${a@Z}; echo ${a@}; echo n'
t 'echo ${!}; echo "${!a b}"; echo n'
t 'echo ${a!}'
t 'trap '"'"'echo exit $?'"'"' EXIT; echo ${a b}; echo no'
t 'set -e; echo ${a@q}; echo no'
t 'set -u; f() { echo ${zz}; }; f; echo no'
t 'set -u; (echo $((zz))); echo $?; x=$(echo ${zz}); echo $?; eval '"'"'echo $zz'"'"'; echo no'
t 'set -u; trap '"'"'echo E $?'"'"' EXIT; echo $zz'
t 'set -u; [[ -n $zz ]]; echo no'
t 'set -u; let zz; echo no'
t 'set -u; declare -i q=zz; echo no'
t 'set -u; a=(1); echo ${a[5]}; echo no'
t 'set -u; echo ${a[zz]}; echo no'
t 'set -u; echo ${@} ${*} $# ${arr[@]}; echo "${1}"; '
t 'set -u; echo ${#zz}'
t 'set -u; echo ${zz#x}'
t 'set -u; echo ${!zz}'
t 'echo "$(
(( '"'"'1'"'"' ))
)"
(( 1 +
2 + ))
echo $((
1 +
))'
t 'b=$(x=1 !
)'
t 'echo x
b=$(
nosuch
nosuch2)
echo $(nosuch3
)
`nosuch4
nosuch5`'

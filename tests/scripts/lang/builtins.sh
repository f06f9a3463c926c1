type echo cd if ls nope; echo $?; type -t echo ls if nope; command -v echo ls; command -V cd; command echo c; builtin echo b
mkdir -p a/b; cd a/b; pwd; cd ..; pwd; cd -; cd nope; echo $?; cd /lab a; echo $?; cd; pwd; cd /lab
ln -s a/b link; cd link; pwd; pwd -P; cd ..; pwd; cd -P link; pwd; cd /lab
pushd a; pushd b; dirs; dirs -v; popd; popd; popd; echo $?
set -- x y z; shift; echo $*; shift 5; echo $?; shift 2; echo $#
getopts_test() { local OPTIND=1 o; while getopts ab:c o "$@"; do echo "$o ${OPTARG-}"; done; shift $((OPTIND-1)); echo "rest $*"; }
getopts_test -a -b val -c rest; getopts_test -abval x; getopts_test -x; getopts_test -b
umask; umask 077; umask; umask -S; umask u=rwx,g=rx,o=; umask
eval 'echo eval; x=1'; echo $x; echo 'echo sourced $1; return 5' > s; . ./s arg; echo $?; source ./nofile; echo $?
alias ll='ls -l'; alias; alias nope; unalias ll; echo $?
readonly RO=1; unset RO; echo $?; export E=1; env | grep '^E='; export -n E; env | grep '^E='; unset E; echo "[$E]"
hash -r; true; echo $?; :; echo $?; echo -n a; echo -e 'a\tb\\c'; echo -E 'a\tb'; echo -ne 'x\n'; echo -x
let x=5; echo $x; declare -r D=2; D=3; echo $?
let; echo $?; exit_() { exit 3; }; (exit_); echo $?; (exit abc); echo $?
wait; echo $?; wait 99999; echo $?; times > /dev/null; ulimit -n > /dev/null; echo ok
nope_cmd a b; echo $?; ./nofile; echo $?; ./a; echo $?; touch nox; ./nox; echo $?; /; echo $?; ""; echo $?

printf '#!/bin/bash\necho "$0 $# $1"; echo $LINENO; nope; exit 4\n' > s; chmod +x s; ./s a b; echo $?; bash s x; echo $?
printf 'echo noshebang $1\n' > n; chmod +x n; ./n q; echo $?; PATH=$PATH:/lab; n z
printf '#!/no/such\n' > b; chmod +x b; ./b; echo $?; printf '#!/bin/bash -e\nfalse\necho no\n' > e; chmod +x e; ./e; echo $?
bash -c 'echo $0 $@' name 1 2; bash -c; echo $?; bash nofile; echo $?; echo 'echo stdin $1; read x; echo "[$x]"
data' | bash -s arg; bash -x -c 'echo a'; bash -ec 'false; echo no'; echo $?; bash -n s; echo $?
exec 3>&1; echo three >&3; (exec echo replaced; echo no); (exec nope; echo no); echo $?
V=1 bash -c 'echo $V $SHLVL'; x=1; bash -c 'echo "[$x]"'; export x; bash -c 'echo "[$x]"'; f() { echo func; }; export -f f 2>/dev/null; 
echo $LINENO $0 $- $#; echo ${BASH_VERSION%%(*} ${BASH_VERSINFO[0]}
env -i /bin/bash -c 'echo $PATH; pwd; echo $HOME-'; . ./n sourced; echo "${BASH_SOURCE[0]}"

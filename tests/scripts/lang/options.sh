set -o | head -n 5; set +o | head -n 3; shopt | head -n 3; shopt -q extglob; echo $?; shopt -s nope; echo $?; shopt dotglob
echo $-; set -f; echo $- *; set +f; set -u; echo ${x-ok}; set +u; set -o nope; echo $?; set -Z; echo $?
set a b c; echo $*; set --; echo $#; set - x y; echo $*; set -- -e; echo $1
bash -o pipefail -c 'false | true; echo $?'; bash -u -c 'echo $zz; echo no'; echo $?; bash +B -c 'echo {a,b}'
set -v; echo verbose
set +v
set -n; echo never
echo never either

(set -u; echo $nope; echo no); echo $?
(echo ${nope?gone}; echo no); echo $?
(echo ${nope:?}; echo no); echo $?
(echo ${bad!x}; echo no); echo $?
(readonly r=1; r=2; echo no); echo $?
(echo $((1/0)); echo no); echo $?
(echo $((1+)); echo no); echo $?
(set -u; a=(1); echo ${a[3]}); echo $?
(set -u; echo "$1"); echo $?
(set -u; echo "$@" ok); echo $?

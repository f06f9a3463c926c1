# Expansions, traces and listings that once differed.
t() { bash -c "$1"; echo "=> $?"; }
t 'a=x; echo "<${a/x/y}$(echo i)>z${a@q}w"'
t 'f() { echo ${#^^}; echo after; }; f; echo next'
t 'a=5; echo ab"${a b}"c'
t 'echo x ${?^^} ${?,,} ${#^^} ${@^^} ${$^^}'
t 'b=; echo "[${b@K}]" "[${b@k}]" "[${zz@K}]"; echo "${a:}"'
t 'a=x; echo ${a:}; echo next'
t 'echo ${unset1[-1]}; arr=(); echo ${arr[-1]} ok; s=abc; echo ${s[-1]} ${s[-2]} ok'
t 'arr=(1 2); echo ${arr[-3]} ok; echo $((arr[-3])); echo $((nope[-1])); arr[-5]=3; echo $?; unset '"'"'arr[-5]'"'"'; echo $?'
t 'echo ${zz[-1]:-dflt} ; echo ${#zz[-1]}; echo ${zz[-1]+set}'
t 'echo ${v:?'"'"'a b'"'"'} '
t 'echo "${v:?'"'"'a b'"'"'}"'
t 'echo ${v?"q q"}'
t 'set -x; declare -A map=([k]=v [a b]='"'"'c d'"'"'); declare -a arr=(1 "two x" [5]=z); local_x() { local -a l=(a b); local s='"'"'x y'"'"'; }; local_x; export e=1 f; readonly r=(1 2); arr=(x '"'"'y z'"'"'); arr+=(q); map[z]=1; arr[1]='"'"'a b'"'"''
t 'set -x; a=; b='"'"'x y'"'"'; c=$'"'"'\n'"'"'; echo a, '"'"'b,'"'"' {x a=b '"'"'a=b'"'"' a~ ~ '"'"'~'"'"' '"'"'#'"'"' a#b \# '"'"'!'"'"' ! '"'"'^'"'"' + % @ '"'"'é'"'"' '"'"'['"'"' '"'"']'"'"' x]; [ a = b ]; [[ a == b* ]]; (( 1+1 )); for i in a b; do :; done; case x in x) ;; esac; f() { :; }; f 1 '"'"'2 3'"'"'; a=1 b=2 f; a=1 true; echo >/dev/null; x=$(echo hi); '
t 'f() { return -1; }; f; echo $?; g() { return x; }; g; echo $?'
t 'printf '"'"'%*s|\n'"'"' a b; echo $?; printf '"'"'%d %d\n'"'"' x 1x; printf '"'"'%.*f|\n'"'"' q 1.5'
t 'echo $(( 1 ? c)); echo $((1 ? )); echo $((1 ? 2)); echo $((1 ? 2 : )); echo $((: 2))'
t 'set -u; echo $((zz)); echo $?'
t 'set -u; ((zz)); echo after $?'
t 'set -u; echo ${zz}; echo $?'
t 'set -u; f() { echo $((c--)); }; f'
t 'declare -p nope 2>&1; arr=(1); declare -p arr nope 2>&1'
t 'function f { echo a; } >&2
f; declare -f f; function g() for i in 1 2; do echo $i; done; g; declare -f g'
t 'set -v
echo a
if true
then echo b; fi
}'
t '2('
t 'a() (echo x; echo y >&2; echo z 2>&1; cat <&3; cat <&-; exec 3>&- 4<&3- 5>&3-; echo >&$a; echo 2>&$b; echo &>f; echo >|f;  cat 0<x; echo 1>y); declare -f a'
t 'echo "$PIPESTATUS" "${PIPESTATUS[@]}" "${#PIPESTATUS[@]}"; true | false; echo "${PIPESTATUS[@]}"; (exit 3); echo $PIPESTATUS; x=$(false); echo ${PIPESTATUS[@]}; ! true | false; echo ${PIPESTATUS[@]}'
t 'a=1; echo "${PIPESTATUS[@]}"'
t 'a=1; a=2; echo "${PIPESTATUS[@]}|"; declare b=1; echo "${PIPESTATUS[@]}|"; [[ x == y ]]; echo "${PIPESTATUS[@]}|"; ((0)); echo "${PIPESTATUS[@]}|"'
t 'set -C; >f; &>f; echo $?; >&f; echo $?; >>f; echo ok >|f; cat f'

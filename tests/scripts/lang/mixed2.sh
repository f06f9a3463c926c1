# small programs
sum() { local t=0 x; for x; do ((t += x)); done; echo $t; }; sum 1 2 3 4
rev() { local s=$1 o= i; for ((i=${#s}-1;i>=0;i--)); do o+=${s:i:1}; done; echo "$o"; }; rev stressed
declare -A count; for w in the cat the dog the end; do ((count[$w]++)); done; for k in the cat dog end; do echo "$k ${count[$k]}"; done
is_prime() { local n=$1 i; ((n<2)) && return 1; for ((i=2;i*i<=n;i++)); do ((n%i==0)) && return 1; done; return 0; }
for n in {1..20}; do is_prime $n && printf '%d ' $n; done; echo
hanoi() { [ $1 -eq 0 ] && return; hanoi $(($1-1)) $2 $4 $3; echo "$2>$3"; hanoi $(($1-1)) $4 $3 $2; }; hanoi 2 A C B
join_by() { local IFS="$1"; shift; echo "$*"; }; join_by , a b c
while IFS='=' read -r k v; do echo "key=$k val=$v"; done <<< $'a=1\nb=2=3'
stack=(); push() { stack+=("$1"); }; pop() { echo "${stack[-1]}"; unset 'stack[-1]'; }; push 1; push 2; pop; pop; echo ${#stack[@]}
fib() { local a=0 b=1 i; for ((i=0;i<$1;i++)); do echo -n "$a "; ((t=a+b, a=b, b=t)); done; echo; }; fib 12
sorted=($(printf '%s\n' 3 1 2 | sort -n)); echo ${sorted[@]}
text="one two  three"; read -ra words <<< "$text"; echo ${#words[@]} "${words[@]^}"
trim() { local s="$1"; s="${s#"${s%%[![:space:]]*}"}"; s="${s%"${s##*[![:space:]]}"}"; echo "[$s]"; }; trim "  x y  "
log() { printf '%-5s|%5s|\n' "$@"; }; log ab cd; log a; echo $'\u4e2d\u6587' | wc -m
try() { "$@"; local s=$?; echo "status $s"; return $s; }; try false; try echo hi; try nocmd; echo $?
mkdir -p src/{a,b}/c; find src -type d | sort; for d in src/*/; do echo "${d%/}"; done

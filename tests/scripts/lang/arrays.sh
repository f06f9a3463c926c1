a=(one "two three" four); a[5]=six; a+=(seven)
echo ${a[0]} "${a[1]}" ${#a[@]} ${!a[@]} "${a[@]:1:2}" ${a[-1]} ${#a[1]}
for x in "${a[@]}"; do echo "<$x>"; done
unset 'a[1]'; declare -p a
declare -A m=([k]=v ["a b"]=c); m[z]=26
echo ${m[k]} "${m[a b]}" ${#m[@]}; declare -p m
for k in "${!m[@]}"; do echo "$k=${m[$k]}"; done
b=("${a[@]/o/0}"); echo "${b[@]}"
c=($(echo 1 2 3)); echo $((c[0]+c[2])) ${c[*]}
d=([3]=x y [1]=z); declare -p d
i=1; d[i+1]=q; echo ${d[2]} ${d[i]}
declare -i n=3+4; n+=2; echo $n
declare -u up=abc; declare -l lo=ABC; echo $up $lo
e=(a b c); set -- "${e[@]}"; echo $# ${e[@]: -2}
f=(); echo "${#f[@]}" "[${f[@]}]"; printf '<%s>' "${f[@]}"; echo
s=str; s[2]=x; declare -p s
echo "${e[@]^^}" "${e[*]#a}" ${e[@]@Q}
unset e; echo "${e[@]-none}"

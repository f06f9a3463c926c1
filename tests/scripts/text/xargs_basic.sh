printf 'a b\nc\n' | xargs; printf 'a b\nc\n' | xargs -n1 echo x; printf 'a b\nc\n' | xargs -I{} echo '<{}>'; printf 'a\0b c\0' | xargs -0 -n1 echo; printf '"a b" c\\ d '"'e f'"'\n' | xargs -n1 echo
printf 'a\nb\nc\n' | xargs -L2 echo; : | xargs echo none; : | xargs -r echo none; echo a | xargs -t echo; echo a | xargs false; echo $?; echo a | xargs nosuchcmd; echo $?; printf "it's\n" | xargs; echo $?
printf 'a:b' | xargs -d: -n1 echo; echo 1 2 3 | xargs -n2 sh -c 'echo "$0 $1"'; echo x > f; xargs -a f echo; echo a | xargs -n0 echo; echo $?

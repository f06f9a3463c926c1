# The line that a message names, in commands of several lines.
t() { bash -c "$1"; echo "=> $?"; }
t 'echo a \
 b $(nosuch) \
 c'
t 'echo a "x
y" $LINENO'
t 'echo $LINENO "x
y" '
t 'echo $LINENO \
b \
$LINENO'
t '"ec
ho" nosuch'
t 'echo "a
b" $(nosuch) \
"c
d"'
t 'x="a
b" nosuch "c
d"'
t 'nosuch "c
d" >f'
t 'for i in "a
b" c; do nosuch; done'
t 'case "a
b" in
"a
b") nosuch;; esac'
t '[[ "a
b" == x || $(nosuch) ]]'
t 'if nosuch "
"; then :; fi'
t 'while nosuch1 "

"; do :; done
nosuch2'
t 'cat <<E
$(nosuch)
$LINENO
E
nosuch2 <<E
a
E'
t 'a() { x=$(nosuch

); nosuch1
nosuch2
}

a'
t 'x=$(nosuch | cat

nosuch2); echo "$(nosuch3)
"'
t 'echo `

nosuch` \
nosuch'
t '( nosuch

nosuch2 "
" )'
t 'x=( a
b
$(nosuch) )'
t 'declare x=( a
b
$(nosuch) )'
t 'echo $(nosuch; exit 3
) || nosuch9 a \
b'
t 'trap '"'"'nosuch
nosuch2'"'"' EXIT
:
:'
t 'eval '"'"'nosuch


nosuch2 "
"'"'"''
t 'f() {
echo $LINENO "
"
echo $LINENO
}
f'
t ':

x=`nosuch
nosuch1`

y=`
nosuch2`'

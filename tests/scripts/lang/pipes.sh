echo a b c | tr ' ' '\n' | sort -r | head -n 2
false | true; echo $? ${PIPESTATUS[@]}; set -o pipefail; false | true; echo $?; set +o pipefail
echo x | { read y; echo "got $y"; }; echo "[$y]"
yes | head -n 3; seq 1 100000 | tail -n 1
{ echo o; echo e >&2; } |& cat | wc -l
! true; echo $?; ! false; echo $?
echo $(echo a; echo b) "$(printf 'x\n\n\n')" "$(echo a
echo b)"
diff <(echo a) <(echo a) && echo same; cat <(echo 1) <(echo 2)
while read x; do n=$((n+1)); done < <(seq 5); echo $n
a=$(false); echo $?; a=$(exit 3) b=1; echo $?; local_=$(echo hi) true; echo $?
echo "$(< /etc/hostname-none)" ; echo $?; echo one > f1; echo "$(<f1)"
(exit 4); echo $?; (echo a; (echo b; exit 2); echo $?); { echo g; }; echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL)
echo a | (cat; echo b) | cat -n

# processes around the shell
x=$(yes | head -n 2 | tr '\n' ,); echo $x; echo $(echo $(seq 3 | tac)) ; seq 3 | while read n; do echo $((n*n)); done
{ seq 100000 | head -n 1; } 2>&1; echo ${PIPESTATUS[@]}; seq 100000 | sed 2q | wc -l
tee >(cat > t1) < <(echo tee) ; sleep 0.1; cat t1; paste <(seq 2) <(seq 3 4)
cat <(cat <(echo nested)); diff <(printf 'a\nb\n') <(printf 'a\nc\n'); echo $?
f() { cat; }; echo piped | f; echo x | tee a b | cat; cat a b; (cd /; pwd); pwd
mkfifo p; (echo one; echo two) > p & while read l; do echo "got $l"; done < p; wait
exec 5<>p; echo rw >&5; read -u 5 l; echo $l; exec 5>&-
coproc_like() { local in out; in=$(cat); echo "<$in>"; }; echo q | coproc_like
sleep 0.3 & sleep 0.1; kill -0 $! && echo alive; wait $!; kill -0 $! 2>/dev/null || echo dead
trap 'echo got usr1' USR1; (sleep 0.1; kill -USR1 $$) & sleep 0.3; wait; echo done
( trap 'echo term; exit 9' TERM; sleep 0.2 & wait $!; echo no ) & p=$!; sleep 0.1; kill $p; wait $p; echo $?
while :; do echo tick; sleep 0.1; done | head -n 3; echo end
timeout 0.2 sh -c 'while :; do :; done'; echo $?; timeout 1 true; echo $?
echo a > f; { cat; } < f | { read v; echo "v=$v"; }; { echo 1; echo 2 >&2; } 2>&1 >/dev/null | cat

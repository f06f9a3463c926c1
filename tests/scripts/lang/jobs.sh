sleep 1 & wait; echo $?; (exit 3) & wait $!; echo $?; { sleep 0.2; echo late; } & echo first; wait
sleep 5 & p=$!; kill $p; wait $p; echo $?; sleep 0.1 & sleep 0.2 & wait -n; echo $?; wait
mkfifo ff; cat < ff & echo through > ff; wait; for i in 1 2 3; do (sleep 0.$i; echo $i) & done; wait
echo a & wait; x=1; { x=2; } & wait; echo $x; false & wait $!; echo $?; true & wait %1; echo $?
(echo sub; echo $(jobs)) ; timeout 1 sleep 5; echo $?; jobs; echo done

(trap 'echo bye' EXIT; echo hi); (trap 'echo bye $?' EXIT; exit 3); echo $?
(trap 'echo bye' EXIT; set -e; false; echo no); echo $?
trap 'echo int' INT; trap "echo usr" USR1; trap; trap -p INT
kill -USR1 $$; echo after; trap - USR1 INT; trap
trap '' TERM; kill $$; echo still; trap - TERM
trap 'echo dbg' DEBUG; echo a; trap - DEBUG
trap x BADSIG; echo $?
(trap 'exit 7' EXIT; exit 2); echo $?
trap 'echo end' EXIT
kill -l 9; kill -l TERM; kill -0 $$; echo $?; kill 99999; echo $?; kill; echo $?

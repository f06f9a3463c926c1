printf 'echo "$0 $# $1"\nnosuch\n[ x\nexit 4\n' > s.sh
bash s.sh a b; echo $?; bash -s x y <<< 'echo $1 $#'; echo 'echo from stdin' | bash; bash -c 'nosuch2'; bash -x -c 'echo a'; bash -e s.sh; echo $?; sh -c 'echo $0'; bash nofile; echo $?; bash -c 'exit 9'; echo $?; chmod +x s.sh; ./s.sh; echo $?; source s.sh q; echo unreachable

echo a > f; echo b >> f; cat < f; cat f 2>/dev/null nope; echo $?; { echo o; echo e >&2; } > out 2> err; cat out err; { echo o; echo e >&2; } &> both; sort both; ls nope > x 2>&1; cat x; exec 3> g; echo three >&3; exec 3>&-; cat g; exec 4<> f; read -u 4 l; echo $l; echo W >&4; exec 4>&-; cat f; cat <<EOF
here $((1+1)) ${HOME}
EOF
cat <<'EOF'
raw $HOME
EOF
cat <<-EOF
	tabbed
	EOF
cat <<< "string $HOME"; echo x >| f; set -C; echo y > f; echo $?; set +C; echo > /nonexistent/x; echo $?; cat < nofile; echo $?; echo hi >&7; echo $?; : > empty; wc -c < empty; echo one two | { read a b; echo $b $a; }; cat 0< f; date > /dev/null; echo ok 1>&2 2>/dev/null

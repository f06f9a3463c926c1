printf 'one two\nthree\n' > f; printf 'no newline' > g
wc f; wc -l f; wc -w f; wc -c f; wc f g; wc -lc f g; wc < f; wc -l < f; cat f | wc; wc missing f; echo $?; printf 'äö\n' | wc -m; printf 'äö\n' | wc -c; printf 'a\tb\n' | wc -L; mkdir d; wc d; echo $?
seq 20 > s
head s; head -n3 s; head -3 s; head -c5 s; echo; head -n -18 s; tail s; tail -n3 s; tail -3 s; tail -c5 s; tail -n +18 s; tail -c +48 s
head -n2 s g; head -q -n1 s g; echo; tail -n1 s g; echo; head missing; echo $?; tail missing; echo $?; head -n x s; echo $?; tail -n x s; echo $?; head -v -n1 s; head d; echo $?; tail d; echo $?
seq 5 | { head -n2; cat; }; head -c -1 g; echo; tail -v -n1 g; echo

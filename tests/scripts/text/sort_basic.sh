printf 'b 2\na 10\nc 1\nB 3\na 9\n' > f
sort f; sort -r f; sort -k2 f; sort -k2n f; sort -k2,2nr f; sort -f f; sort -u -k1,1 f; sort -t' ' -k1,1 -k2,2n f
printf '10\n9\n1.5\n-3\n+2\n\n' | sort -n; printf '2K\n1M\n300\n1G\n' | sort -h; printf 'v1.10\nv1.9\nv1.2\n' | sort -V
printf 'JAN\nMAR\nFEB\n' | sort -M; sort -c f; echo $?; printf 'a\nb\n' | sort -c; echo $?; sort -o f f; cat f; sort missing; echo $?
printf 'x:3\ny:1\n' | sort -t: -k2; printf 'a\na\nb\n' | sort | uniq -c; printf ' b\na\n' | sort; printf ' b\na\n' | sort -b; sort -s -k1,1 f
sort -k0 f; echo $?; sort -t ab f; echo $?

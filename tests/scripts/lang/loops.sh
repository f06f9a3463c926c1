for i in 1 2 3 4 5; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done
i=0; until [ $i -ge 3 ]; do echo u$i; i=$((i+1)); done
while read -r a b; do echo "$b-$a"; done <<E2
1 one
2 two three
E2
for x in a b; do for y in 1 2; do [ $y = 2 ] && continue 2; echo $x$y; done; done
for x in a b; do while :; do break 2; done; done; echo $x
case abc in a) echo a;; a*|b) echo ab;; *) echo other;; esac
case x in x) echo 1;& y) echo 2;; z) echo 3;; esac
case x in x) echo 1;;& ?) echo 2;;& y) echo 3;; *) echo 4;; esac
if false; then echo a; elif true; then echo b; else echo c; fi
if ! true; then echo no; else echo yes; fi
for f in; do echo none; done; echo $?
select x in a b; do echo $x $REPLY; break; done <<< 2
break; echo $?

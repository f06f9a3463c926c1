exec 2>&1
t() { "$@"; echo "[$?]"; }
t expr 1 + 2; t expr 5 - 7; t expr 3 \* 4; t expr 7 / 2; t expr 7 % 3; t expr 1 / 0; t expr a = a; t expr a \< b; t expr 10 \> 9; t expr abc : 'a\(.\)c'; t expr abc : ab; t expr abc : x; t expr length hello; t expr substr hello 2 3; t expr index hello l; t expr match abc 'a.*'; t expr 0 \| 5; t expr '' \| ''; t expr 1 \& 0; t expr; t expr 1 +; t expr 1 2; t expr a + 1; t expr \( 1 + 2 \) \* 3; t expr 0; t expr ''; t expr abc : '\(x\)'; t expr 1 = 1.0; t expr -3 + 1; t expr 2 \>= 2; t expr 1 != 2
t getent passwd root; t getent passwd 1; t getent group bin; t getent passwd nosuch; t getent nosuchdb x; t getent group 0 2

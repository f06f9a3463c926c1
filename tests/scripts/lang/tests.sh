t() { "$@" && echo y || echo n; }
touch f; mkdir d; ln -s f l; ln -s gone dang; echo x > s; chmod 000 f
for o in -e -f -d -L -h -s -r -w -x -p -S -b -c -u -g -k -O -G; do for x in f d l dang s none /dev/null; do [ $o $x ]; echo -n $?; done; echo " $o"; done
t [ a = a ]; t [ a != a ]; t [ 1 -lt 2 ]; t [ -z "" ]; t [ -n "" ]; t [ x ]; t [ "" ]; t [ ! x ]; t [ a -a "" ]; t [ a -o "" ]; t [ \( a \) ]; t [ a \< b ]
[ 1 -eq x ]; echo $?; [ a b ]; echo $?; [ a b c ]; echo $?; [ a; echo $?; [ -q x ]; echo $?; test; echo $?; [ 1 2 3 4 5 ]; echo $?
[[ abc == a* ]]; echo $?; [[ abc == "a*" ]]; echo $?; [[ abc =~ ^a(b)(c)$ ]]; echo $? ${BASH_REMATCH[@]}; [[ a < b && ! -e none || x ]]; echo $?
[[ -v HOME ]]; echo $?; [[ -z $nope ]]; echo $?; [[ 3 -gt 2 ]]; echo $?; [[ x -eq 0 ]]; echo $?; [[ f -ef l ]]; echo $?; [[ d -nt none ]]; echo $?
r='b+'; [[ abbbc =~ $r ]]; echo $? ${BASH_REMATCH[0]}; [[ 'a+b' =~ a\+b ]]; echo $?; [[ ab =~ "a." ]]; echo $?
[[ ( a == b ) || ( c == c ) ]]; echo $?; [[ $x = "" ]]; echo $?

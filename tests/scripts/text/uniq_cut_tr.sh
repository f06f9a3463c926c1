printf 'a\na\nb\na\nA\n' > f
uniq f; uniq -c f; uniq -d f; uniq -u f; uniq -i f; uniq -D f; printf 'x 1\ny 1\n' | uniq -f1; printf 'ab\nac\n' | uniq -w1; uniq missing; echo $?
printf 'a:b:c\nd:e:f\nnodelim\n' > g
cut -d: -f1 g; cut -d: -f2,3 g; cut -d: -f2- g; cut -d: -f-2 g; cut -c2-3 g; cut -b1,3 g; cut -s -d: -f1 g; cut -d: -f1,3 --output-delimiter=, g; cut --complement -d: -f2 g
cut g; echo $?; cut -f0 g; echo $?; cut -fx g; echo $?; cut -f2-1 g; echo $?; cut -d ab -f1 g; echo $?
echo hello | tr a-z A-Z; echo hello | tr -d l; echo aabbcc | tr -s abc; echo aabbcc | tr -s a-b x; echo hello | tr 'el' 'ip'; echo 'a b' | tr '[:space:]' _; echo; echo hello | tr -c 'a-z\n' .; echo ABC | tr '[:upper:]' '[:lower:]'; echo abc | tr a-c '[x*]'; printf 'a\tb' | tr '\t' ' '; echo; echo abcd | tr -dc bd; echo; echo abc | tr abc x
tr; echo $?; tr a; echo $?; tr z-a b; echo $?; tr -d a b; echo $?; tr a b c; echo $?

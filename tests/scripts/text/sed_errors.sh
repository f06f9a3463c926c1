echo a | sed 's/a/b'; echo $?
echo a | sed 'k'; echo $?
echo a | sed '{p'; echo $?
echo a | sed 'p}'; echo $?
echo a | sed 's/a/b/gg'; echo $?
echo a | sed '1,2='; echo $?
echo a | sed 'b nowhere'; echo $?
echo a | sed 's/\(a/b/'; echo $?
echo a | sed 's/a/\1/'; echo $?
echo a | sed 'y/ab/c/'; echo $?
sed p missing; echo $?
mkdir d; sed p d; echo $?
echo a | sed 'pp'; echo $?
echo a | sed 's/a/b/0'; echo $?

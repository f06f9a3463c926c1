mkdir d; touch a.txt b.txt c.md .hid d/x d/y 'sp ace' '[z]'
echo *; echo *.txt; echo ?.md; echo [ab]*; echo [!ab]*; echo d/*; echo */; echo no*match; echo "*"
echo .*; shopt -s dotglob; echo *; shopt -u dotglob
shopt -s nullglob; echo no*match end; shopt -u nullglob
shopt -s extglob
echo !(*.txt); echo @(a|b).txt; echo +([a-z]).md; echo ?(a|c).*
shopt -s globstar; echo **; echo **/x; shopt -u globstar
set -f; echo *; set +f
for f in *.txt; do echo "f:$f"; done
x='*.md'; echo $x "$x"; echo \*.txt '*'.txt; echo [[]z*
echo {a,b}.txt {1..3} {a..e..2} {01..10..3} x{,y}z {a,b}{1,2} {a} {} a{b
ls *.nope; shopt -s failglob; echo *.nope; echo after

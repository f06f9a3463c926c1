find missing; echo $?; find . -foo; echo $?; find . -name; echo $?; find . -type q; echo $?; find . -exec foo; echo $?; find . -maxdepth x; echo $?
find . -perm zz; echo $?; find . -size 1q; echo $?; find . '(' ; echo $?; find . -o; echo $?; find . -not; echo $?; find . -user nosuch; echo $?; find . -newer nosuch; echo $?
: > f; find f -exec nosuchcmd {} \;; echo $?; find . -name f extra; echo $?; find f -delete; ls

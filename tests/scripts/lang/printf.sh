printf '%s %d %5d|%-5d|%05d %x %X %o %c %%\n' str 42 7 7 7 255 255 8 xyz
printf '%s\n' a b c; printf '%s-%s\n' 1 2 3; printf 'no args\n' x y; printf '%s|' ; echo
printf '%5s|%-5s|%.2s|%5.1s|\n' ab ab abc xyz; printf '%*d|%-*d|\n' 5 42 5 42
printf '%f %.2f %e %g %g %G\n' 3.14159 2.5 12345.678 0.0001 1000000 1e-10
printf '%b\n' 'a\tb\n' '\x41\101'; printf '%q %q %q\n' 'a b' "it's" $'n\nl'
printf -v var '%03d' 5; echo $var; printf '%d\n' 0x1f 017 "'A" abc; echo $?
printf '%i %u\n' -5 5; printf '%+d % d %#x %#o\n' 5 5 255 8; printf '\x41\u00e9\101\n'
printf '%s' ; printf '%d %s\n'; printf '%z\n'; echo $?; printf; echo $?; printf '%'; echo $?
printf '%(%Y-%m-%d)T\n' 0; printf '%s\n' "${a[@]}"; printf -- '-x\n'; printf '%s\c' a; echo

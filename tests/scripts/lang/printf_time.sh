# The C library's strftime: what only date knows stays as it stands.
printf '%(%N|%q|%:z|%Q)T\n' 0
printf '%(%k|%P|%V|%-d|%_m|%^a|%#Z|%5Y|%OS)T\n' 951782400
printf '%(%c|%x|%X|%r|%C|%j|%U|%W|%G|%g|%s)T\n' 1709164800
printf '%(%F %T)T|%20(%F)T|\n' -1000 86399

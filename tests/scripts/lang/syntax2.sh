eval 'echo )'; echo $?
eval 'if true'; echo $?
eval 'echo "abc'; echo $?
echo 'for x in; do' > bad; bash bad; echo $?; . ./bad; echo $?
bash -c 'fi'; echo $?; bash -c 'echo $('; echo $?; bash -c 'case x in'; echo $?; bash -c '{ echo a'; echo $?
bash -c 'f( {'; echo $?; bash -c '[[ a'; echo $?; bash -c 'echo ${x'; echo $?; bash -c 'while :; do done'; echo $?
bash -c 'if ; then :; fi'; echo $?; bash -c '&& a'; echo $?; bash -c ';'; echo $?; bash -c 'echo <'; echo $?
echo `echo )`; echo $(eval 'echo }'); echo end

exec 2>&1
t() { echo "\$ $*"; eval "$*"; echo "[$?]"; }
mkdir -p d/e/f d/g .h; echo 12345 > d/a; echo x > d/e/x; ln d/a d/hard; ln -s a d/l; ln -s nope d/br; truncate -s 5000 d/e/f/big; head -c 10000 /dev/zero > d/z; mknod d/c c 0 0; chmod +x d/a; mkfifo d/p; touch 'd/sp ace' d/$'n\nl' .hid; ln -s ../.. d/g/loop
t du
t du -s
t du -sh d
t du -a
t du -ah d
t du -c d/e d
t du -k d/a
t du -b
t du -sb d
t du --apparent-size -a d
t du -d1
t du --max-depth=0 d
t du -d x
t du nope
t du -s nope d
t du -sx d d
t du -l d
t du -S d
t du -s -a
t du -h d/z
t du -BM d
t du -m d
t du --si d
t du -0 d/g
t du --exclude=e d
t du -t 8K d
t du -L d/g
t du d/l
t du -D d/l
t du -a d/l
t du -sc d/a d/hard
t tree
t tree -a
t tree d
t tree -f d
t tree -L 1
t tree -d
t tree -P a
t tree -P 'a*' d
t tree -I e d
t tree -F d
t tree -s d
t tree -h d
t tree -p d
t tree -u -g d
t tree -i d
t tree -if d
t tree --noreport d
t tree -Q d
t tree -N d
t tree -pug d/e
t tree --dirsfirst d
t tree -r d
t tree nope
t tree d nope d/e
t tree d/a
t tree -L 0
t tree -Z
t tree --foo
t tree --prune -P x d
t tree -n d
t tree --matchdirs -P e d
t tree --charset=ascii d
t tree --sort=size d
t tree -v d
t tree -L
t tree --si d
t tree -sp d/e
t tree -a .
t tree ./d/
t tree /lab/d/e; mkdir empty
t tree empty
t tree -fi d/e
t tree -d -L 1
t tree -P nginx -f
t tree --timefmt %Y d/e
t tree empty d/e
t file d/* nope
t file -b d/a
t file -i d/a d d/l; echo '#!/bin/sh' > sh; printf 'a\0b' > bin; : > e
t file sh bin e
t file
t file -L d/l
t 'echo hello | file -'
t file --mime-type d/a; printf 'x' > x1; printf 'no nl' > nn; printf 'a\r\nb\n' >crlf; printf 'h\xc3\xa9\n' > u8; echo '{"a":1}' > j.json; echo '#!/usr/bin/env python3' > py
t file x1 nn crlf u8 j.json py; chmod 4755 nn
t file nn; chmod 1777 d
t file d
t file d/c
t file /dev/null; echo '#!/bin/bash' > bs
t file bs; echo '<html>' > h
t file h; printf '#!/usr/bin/perl\n' > pl
t file pl
mkdir T; cd T; touch -d 2001-01-01 b; touch -d 2002-01-01 a; touch -d 2003-01-01 c; echo 123 > a2; touch -d 2002-06-01 a2
t tree -t
t tree -tr
t tree --sort=size
mkdir -p e/x; echo 1 > e/x/y
t "tree --du -s . | sed 's/^[^]]*]/[N]/; s/^ *[0-9]* bytes/N bytes/'"
t tree -D --timefmt %Y a
cd ..; mkdir -p mm/e/f/z mm/g; touch mm/e/q mm/e/f/r mm/g/e mm/g/k; ln -s e mm/le; ln -s ../mm mm/g/loop
t tree --matchdirs -P e mm
t tree --matchdirs -P e --prune mm
t tree -l mm
t tree -d -l mm
t tree --filelimit 2 mm
t tree mm/e/q mm
t "TERM=xterm tree -C mm | cat -v"
t tree -F --dirsfirst mm
t tree -fL 1 mm
t tree -fp mm/
t tree //lab//mm/e//f
t tree -P "'*.x|q'" mm
t tree -I "'e|k'" mm

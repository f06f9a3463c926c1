exec 2>&1
t() { echo "\$ $*"; eval "$*"; echo "[$?]"; }
mkdir d; ln -s d l; ln -s nope br; touch f; chmod +x f; touch g; mkfifo p; mknod c c 0 0; mknod b b 8 1; chmod u+s g; mkdir st; chmod 1777 st; mkdir ow; chmod 777 ow; touch a.tar a.png 'sp ace' "it's" $'n\nl' -- -dash; echo hello >big; truncate -s 5000 sparse; truncate -s 3G huge; touch d/in; mkdir -p d/sub/deep; export TERM=xterm
t "ls --color=always | cat -v"
t "ls -l --color=always | cat -v"
t ls
t ls -F
t ls -lAF
t ls -p
t ls -s
t ls -m
t ls -x -w 30
t ls -C
t ls -C -w 40
t ls -lh
t ls --full-time
t ls -g
t ls -o
t ls -ln
t ls -l c
t ls d l br nope2
t ls -R
t ls -1 d/ f
t ls -ld l/ 
t ls -ld l
t ls -lZ
t ls -Q
t ls -b
t ls -ls
t ls -l --time-style=foo
t ls --time-style=long-iso -l
t ls -l --time-style=+%Y f
t ls -lT
t ls --sort=size -l
t dir
t vdir
t ls --group-directories-first
t ls -lG f
t ls -I "'a*'"
t ls -H l
t ls -L br
t ls -lL
t "ls ''"
t "ls --zero|tr '\0' '!'" 
t ls -a -w 20
t ls -dl
t ls -l -s --block-size=1
t ls --format=foo
t ls -r
t ls -S
t ls -lS
t ls -X
t ls -v
t ls -lhs
t ls -l --si
t ls -lk
t ls --block-size=K -l
t ls -q
t ls -A d
t ls -a d
t ls -d d f
t ls -1F
t ls --file-type
t ls --indicator-style=slash
t ls --quoting-style=shell
t ls --quoting-style=c -C
t ls --hide='f*'
t ls -a --hide='f*'
t ls -B
t ls d f l
t ls -l d f
t ls nope1 nope2
t ls -l nope f
t ls d nope
t ls -R d f
t ls --color=always -F
t ls --color=always d
t ls --color=always -C
t ls -ld .
t ls -lR d
t ls --author -l f; chown 1:2 f
t ls -l f g; chown 12345 f
t ls -l f g
t ls -nl f g; touch -d 2001-01-01 f; touch -d 2050-01-01 g
t ls -l f g
t ls -lt f g big
t ls -ltr f g big
t ls -t f g
t ls -lu f
t ls --time=birth f
t ls -lc f
t ls -w0 -C
t ls -x
t ls -m -w 20; setfacl -m u:1:r big
t ls -l big g
t ls -l big; mkdir e
t ls e
t ls -l e
t ls -s e
t ls -la e
t ls -R e
t ls e e
t ls --sort=version; touch v1 v10 v2
t ls -v v*
t ls -v
t ls -lQ
t 'ls -l | head -2'
t ls -hs
t ls -sh1
t "COLUMNS=30 ls -C"
t "ls -C -T 4 -w 50"
t ls -1 -C
t ls -l -1
t ls -C -l
t ls -l -C

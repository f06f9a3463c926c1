exec 2>&1
t() { echo "\$ $*"; eval "$*"; echo "[$?]"; }
touch f; mkdir d; ln -s f l; touch d/g
t getfattr f
t getfattr -d f
t setfattr -n user.a -v hello f
t setfattr -n user.b -v 0x0001ff f
t setfattr -n user.c -v 0sAAEC f
t setfattr -n user.d f
t "setfattr -n user.e -v '\"q\\\"uo\\\\te\"' f"
t setfattr -n trusted.overlay.opaque -v y d
t setfattr -n user.x -v 1 d/g
t getfattr f
t getfattr -d f
t getfattr -d -e hex f
t getfattr -d -e base64 f
t getfattr -d -e text f
t getfattr -n user.a f
t getfattr -n user.nope f
t getfattr -n user.a --only-values f
t getfattr -d -m - d
t getfattr -d -m . d f
t getfattr -m trusted d
t "getfattr -d -m '^user\.(a|b)' f"
t getfattr -R -d -m - .
t getfattr -d /lab/f
t getfattr -d --absolute-names /lab/f
t getfattr -h -d l
t getfattr -d l
t getfattr nope
t getfattr
t getfattr -e foo f
t getfattr -z f
t getfattr --foo f
t setfattr
t setfattr -n user.a
t setfattr -n foo -v x f
t setfattr -n user.a -v x nope
t setfattr -x user.a f
t setfattr -x user.a f
t setfattr -n user.z -v 0xzz f
t setfattr -n user.z -v '0s!!' f
t setfattr -h -n user.a -v x l
t setfattr -h -n trusted.a -v x l
t getfattr -h -d -m - l
t getfattr -dm- l
t setfattr -n user.u8 -v 'hé' f
t getfattr -n user.u8 f
t getfattr -d --match=- -e text d
t "getfattr --dump f > dump"; cp f f2; sed -i 's/file: f/file: f2/' dump
t setfattr --restore=dump
t getfattr -d f2
t setfattr -n user.a -x user.b f
t getfattr -n user.a -d f
t getfattr -n user.a -n user.b f
t getfattr -n trusted.overlay.opaque -e hex d d/g
t getfacl f
t getfacl f d
t getfacl /lab/f
t getfacl -p /lab/f
t setfacl -m u:daemon:rw f
t getfacl f
t setfacl -m u:1:rwx,g:bin:r-x,m::r f
t getfacl f
t getfacl -e f
t getfacl -n f
t getfacl -c f
t getfacl -s d f
t getfacl -t f
t getfacl -a d
t setfacl -d -m u:daemon:rx d
t getfacl d
t getfacl -d d
t getfacl -t d
t setfacl -x u:daemon f
t getfacl f
t setfacl -b f
t getfacl f
t setfacl -k d
t getfacl d
t setfacl -m u:nosuch:r f
t setfacl -m foo f
t setfacl -m u::rw-,g::r--,o::r-- f
t setfacl -m u:daemon:7 f
t getfacl f
t setfacl -R -m u:bin:rX d
t touch d/x
t getfacl -R d
t setfacl -m d:u:bin:rw d
t touch d/y
t mkdir d/z
t getfacl d d/y d/z
t ls -l d
t setfacl nope
t setfacl -m u:bin:r nope
t setfacl
t getfacl
t getfacl nope
t getfacl l
t setfacl -m u:bin:r l
t setfacl --set u::rw,g::r,o::- f
t getfacl f
t "getfacl f | setfacl --set-file=- d"
t setfacl -n -m u:bin:rwx f
t getfacl f
t chmod 4750 f
t getfacl f
t chmod 2777 d
t getfacl d
t setfacl -X /dev/null f
t "setfacl -m u:daemon:rwx -x u:bin f"
t getfacl f
t setfacl --test -m u:daemon:r f
t setfacl -m default:u:bin:r f
t getfacl -z
t setfacl -z
t getfacl --tabular d
t setfacl -m o:rw f
t getfacl -E f
t setfacl -m mask:rx f
t getfacl f
t setfacl -x m f
t getfacl -R -L d
t setfacl -m u:daemon:rwxx f
t setfacl -x u:daemon:r f
t setfacl -x o f
t getfacl --omit-header f d
t chown 1234:4321 f
t getfacl f
t getfacl -n f
mkdir ca; cd ca; touch f; mkdir d; ln -s f l; touch d/x d/.h
t lsattr
t lsattr f
t lsattr -d d
t lsattr d
t lsattr -a d
t lsattr -R .
t lsattr nope
t lsattr l
t lsattr -l f
t chattr +i f
t lsattr f
t rm f
t chattr -i f
t chattr +a f
t chattr =ad f
t lsattr f
t chattr = f
t chattr +z f
t chattr f
t chattr
t chattr +i
t chattr +i nope
t chattr -R +d d
t lsattr -R d
t chattr -V +A f
t chattr -f +i nope
t chattr +i l
t chattr +i-a f
t chattr -RV -d d
t lsattr -l f
t lsattr -z
t lsattr -dl d f; mkfifo p
t lsattr p
t chattr +i p
t lsattr -d . 
t lsattr /proc/self/status
t chattr +c f
t chattr -iaA f

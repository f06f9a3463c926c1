# What a union shows when its layers lie on these kinds of file systems: look.sh LOWER UPPER, in an empty
# directory on a tmpfs, as root.
L=$1 U=$2
new() { # kind, directory: an empty file system
  mkdir $2
  case $1 in
    tmpfs|ramfs) mount -t $1 none $2; return;;
    ext4) truncate -s 64M $2.img; mkfs.ext4 -q $2.img;;
    xfs) truncate -s 320M $2.img; mkfs.xfs -q $2.img;;
    btrfs) truncate -s 128M $2.img; mkfs.btrfs -q $2.img;;
  esac >/dev/null 2>&1
  mount -o loop -t $1 $2.img $2
  rm -rf $2/lost+found
}
fill() {
  mkdir $1/d $1/d/sub $1/wd $1/op
  echo one >$1/d/f; echo x >$1/d/sub/x; echo lower >$1/a; echo linked >$1/h1; ln $1/h1 $1/h2
  ln -s a $1/s; mkfifo $1/p; mknod $1/c c 1 3
  setfattr -n user.k -v v $1/a 2>/dev/null
  chown 5:6 $1/a; chmod 0741 $1/d
}
case $L in
  squashfs) mkdir src l; fill src; mksquashfs src l.img -quiet -no-progress >/dev/null 2>&1; mount -o loop -t squashfs l.img l;;
  erofs) mkdir src l; fill src; mkfs.erofs --quiet l.img src >/dev/null 2>&1; mount -o loop -t erofs l.img l;;
  *) new $L l; fill l;;
esac
new $U up; mkdir m
is() { if [ "$1" = "$2" ]; then echo $3; else echo $4; fi; }
n=0
try() { # options
  n=$((n+1)); u=up/u$n w=up/w$n; mkdir $u $w
  echo "[$1]"
  mount -t overlay o -o lowerdir=l,upperdir=$u,workdir=$w${1:+,$1} m || return
  grep "/m overlay" /proc/mounts | sed 's/.*workdir=[^, ]*//; s/ .*//'
  a=$(stat -c %d:%i m/a) d=$(stat -c %i m/d) own=$(stat -c %d m)
  echo "number: $(is $(stat -c %i m/a) $(stat -c %i l/a) real other), device: $(is $(stat -c %d m/a) $own own other), of a directory: $(is $(stat -c %d m/d) $own own other)"
  echo "links: d $(stat -c %h m/d), h1 $(stat -c %h m/h1), listed as $(is $(ls -i m | grep ' a$' | tr -d ' a') $(stat -c %i m/a) shown other)"
  echo more >>m/a
  echo "copied: number $(is $a $(stat -c %d:%i m/a) kept new), origin $(getfattr -d -m overlay.origin $u/a 2>/dev/null | grep -c origin), $(stat -c '%a %u:%g' $u/a), user.k $(getfattr --only-values -n user.k $u/a 2>/dev/null)"
  echo up >>m/h1
  echo "names: $(cmp -s m/h1 m/h2 && echo together || echo apart), h1 $(stat -c %h m/h1), index $(ls $w/index 2>/dev/null | wc -l)"
  chmod 700 m/d
  echo "directory: number $(is $d $(stat -c %i m/d) kept new), links $(stat -c %h m/d)"
  rm m/s m/p m/c; rm -r m/wd; mkdir m/wd 2>&1
  echo "whiteouts: $(find $u -type c | wc -l), first $(stat -c '%t:%T n%h' $u/s), opaque $(getfattr --only-values -n trusted.overlay.opaque $u/wd 2>/dev/null)"
  mv -T m/d m/moved; mv -T m/op m/op2
  echo "moved: redirect $(getfattr --only-values -n trusted.overlay.redirect $u/moved 2>/dev/null), $(ls m | tr '\n' ' ')"
  umount m
  rm -rf $w/work/incompat
  mount -t overlay o -o lowerdir=l,upperdir=$u,workdir=$w${1:+,$1} m || return
  echo "again: $(ls m | tr '\n' ' ')$(ls m/moved | tr '\n' ' ')$(cat m/a m/h2 | tr '\n' ' ')"
  umount m
}
try ""
for options in redirect_dir=on index=on metacopy=on xino=on xino=auto nfs_export=on,index=on volatile userxattr; do try $options; done

# Inode numbers of several file systems are told apart by their high bits.
mkdir t1 t2 m
mount -t tmpfs t t1
mount -t tmpfs t t2
mkdir t1/l t1/u t1/w t2/l
echo a > t2/l/f
mkdir t1/l/d t2/l/d
try() {
  mount -t overlay overlay -o "$1" m || return
  for it in f d .; do
    echo "$it: $(( $(stat -c %i m/$it) - $(stat -c %i $2/$it) ))"
  done
  [ "$(stat -c %d m/f)" = "$(stat -c %d m)" ] && echo one device
  chmod 600 m/f 2>&1
  echo "f: $(( $(stat -c %i m/f) - $(stat -c %i t2/l/f) ))"
  mount | grep ' on .*/m ' | grep -o 'xino=[a-z]*'
  umount m
}
try lowerdir=t2/l,upperdir=t1/u,workdir=t1/w,xino=on t2/l
try lowerdir=t2/l,upperdir=t1/u,workdir=t1/w,xino=auto t2/l
try lowerdir=t2/l,upperdir=t1/u,workdir=t1/w t2/l | grep device
try lowerdir=t2/l:t1/l,xino=on t2/l
umount t1 t2

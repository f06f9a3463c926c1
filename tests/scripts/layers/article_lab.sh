exec 2>&1
mkdir -p data/myworkdir/fs; cd data/myworkdir/fs
ls
mkdir upper lower merged work
echo "I'm from lower!" > lower/in_lower.txt
echo "I'm from upper!" > upper/in_upper.txt
echo "I'm from lower!" > lower/in_both.txt
echo "I'm from upper!" > upper/in_both.txt
tree
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
echo $?
mount | grep overlay
df -h merged | sed 's/  */ /g' | cut -d' ' -f1,6
tree
cat merged/in_both.txt
cat merged/in_lower.txt
echo "edited" >> merged/in_lower.txt
cat merged/in_lower.txt upper/in_lower.txt lower/in_lower.txt
tree
rm merged/in_lower.txt
ls -l upper merged lower work
tree
file upper/*
stat -c '%n %F %t:%T %h' upper/*
umount merged
tree

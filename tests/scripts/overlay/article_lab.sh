mkdir -p data/myworkdir/fs; cd data/myworkdir/fs
mkdir upper lower merged work
echo "in lower" > lower/in_lower.txt
echo "in upper" > upper/in_upper.txt
echo "In both. from lower" > lower/in_both.txt
echo "In both. from upper" > upper/in_both.txt
mount -t overlay overlay -o lowerdir=./lower,upperdir=./upper,workdir=./work ./merged
tree -a
cat merged/*
echo "in lower! after edit!" > merged/in_lower.txt
tree -a; cat upper/in_lower.txt lower/in_lower.txt
rm -f merged/in_lower.txt
tree -a
stat -c '%A %h %U %G %t,%T %n' upper/*
ls merged; cat merged/in_lower.txt

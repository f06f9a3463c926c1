# The lab of every overlay course: a copy-up, and a whiteout.
mkdir lower upper work merged
echo one > lower/a
echo two > lower/b
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
echo more >> merged/a
rm merged/b
ls -l upper
cat lower/b

# gzip, gunzip and zcat. What a packer makes of bytes is its own matter: sizes are not shown.
seq 1000 > g; touch -d '2023-11-14 22:13:20 UTC' g; chmod 640 g
gzip -v g 2>&1 | sed 's/[0-9.]*%/N%/'; ls
stat -c '%a %Y' g.gz
gzip g.gz; echo $?
zcat g | tail -1; zcat g.gz | head -1
gunzip nosuch; echo $?
echo hi > h; gunzip h; echo $?
cp h h.gz; gunzip h.gz; echo $?; zcat h.gz; echo $?
gzip -k h; echo $?
rm h.gz; gzip -k h; ls
mkdir d; gzip d; echo $?
gzip -d g.gz; ls; stat -c '%a %Y' g
gzip -c g | gzip -t; echo $?
echo x | gzip -l; echo $?
gzip nof; echo $?
zcat nof; echo $?
gzip -k g; head -c 100 g.gz > tr.gz; gzip -t tr.gz; echo $?
gzip -tv g.gz
gzip -x; echo $?
echo plain | zcat -f
gunzip < h; echo $?
gzip -f g; echo $?
ln -s g.gz sy.gz; gunzip sy.gz; echo $?
ln g.gz g2.gz; gunzip g2.gz; echo $?
zcat g.gz g.gz | wc -l
cat g.gz g.gz | gunzip | wc -l

mkdir -p dir/sub other; echo f > dir/f; echo g > dir/sub/g; echo o > other/o; echo 1 > n1; echo 2 > n2; echo s > secret
printf '# rules\n*.log\n!keep.log\nsecret\n**/tmp\ndir/sub/*\n!dir/sub/g\n' > .dockerignore
echo l > a.log; echo k > keep.log; mkdir -p other/tmp; echo t > other/tmp/t; echo h > dir/sub/h
ln -s f dir/link; chmod 750 dir/sub; chmod 755 n1
find . -exec touch -h -d @1600000000 {} +
cat > Dockerfile <<'X'
FROM base
COPY dir /a
COPY dir /b/
COPY dir/ /c/deep/er
COPY n1 n2 /many/
COPY n* /wild/
COPY n1 /etc
COPY n1 /etc/
COPY n1 /deep/er/file
COPY --chown=7:8 dir /owned/here
COPY . /all
ADD other /other
X

printf 'hello\n' > a.txt; mkdir d; printf 'x\n' > d/f; chmod 600 d/f
ln -s f d/link; touch -h -d @1600000000 d/link
touch -d @1600000000 a.txt d/f d
cat > Dockerfile <<'X'
FROM scratch
COPY a.txt /a.txt
COPY --chown=5:6 d/f /b
LABEL x=1 y="two words"
ENV A=1 B=$A
CMD ["/a.txt"]
X

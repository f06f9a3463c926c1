docker run --name one busybox sh -c 'echo a > "/with space"; echo b > /ünï; echo c > /.hidden; echo d > "/new
line"; ls -A / | grep -c .; cat "/with space" /ünï /.hidden'
docker commit one names > /dev/null
docker run --rm names sh -c 'cat "/with space" /ünï /.hidden; ls / | head -2'

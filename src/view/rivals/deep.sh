mkdir deep && { echo FROM busybox; for i in $(seq 124); do echo RUN echo $i \> /f$i; done; } > deep/Dockerfile
docker build -q -t deep deep > /dev/null
docker run --rm deep sh -c 'ls -d /f* | wc -l'
printf 'FROM deep\nRUN echo one more > /more\n' > deep/Dockerfile && docker build -q deep 2>&1 | tail -n 1
docker run --rm deep cat /f124

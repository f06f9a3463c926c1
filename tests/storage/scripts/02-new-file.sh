docker run --name one busybox sh -c 'echo hello > /new && cat /new && stat -c "%a %U %s %F" /new'
docker diff one

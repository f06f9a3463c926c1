docker run --name one busybox sh -c 'ls / && ls -l /bin/sh /etc/passwd | cut -c1-10 && cat /etc/group | head -3'

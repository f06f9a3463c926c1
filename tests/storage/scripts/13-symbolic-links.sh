docker run --name one busybox sh -c 'ln -s /etc/passwd /p; readlink /p; head -1 /p; ln -s nowhere /q; cat /q; rm /p; ls -l / | grep -c nowhere'
docker diff one

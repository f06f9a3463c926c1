docker run --name one lab/drivers:64m sh -c 'rm -r /data/dir; mkdir /data/dir; ls -a /data/dir; echo x > /data/dir/only; ls /data/dir'
docker start -a one 2>&1 | tail -1
docker run --rm lab/drivers:64m sh -c 'ls /data/dir | wc -l'

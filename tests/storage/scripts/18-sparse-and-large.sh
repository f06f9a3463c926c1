docker run --name one busybox sh -c 'dd if=/dev/zero of=/big bs=1M count=3 2>/dev/null; stat -c %s /big; dd if=/dev/zero of=/hole bs=1 count=1 seek=5000000 2>/dev/null; stat -c %s /hole'
docker diff one

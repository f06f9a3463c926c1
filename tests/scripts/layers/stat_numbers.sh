exec 2>&1
mkdir -p l u w m; mkdir l/d l/d/e; touch l/d/f l/g; mkdir u/d
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m
stat -c '%n %h %s %F' m/d m/g m/d/f; stat -f -c '%T %l' m; [ m/g -ef l/g ] && echo same || echo differ; a=$(stat -c %i m/g); chmod 600 m/g; b=$(stat -c %i m/g); [ $a = $b ] && echo kept; [ $(stat -c %d m) = $(stat -c %d m/g) ] && echo one device; [ $(stat -c %d m/g) = $(stat -c %d l/g) ] || echo another device
ls -i m | awk '{print NF}' 2>/dev/null | head -0; ls -id m m/. | tr -s ' ' | cut -d' ' -f3

mkdir -p t/a/b t/c; echo 1 > t/a/x.txt; echo 22 > t/a/b/y.txt; : > t/c/empty; ln -s x.txt t/a/link; chmod 600 t/a/x.txt; mkfifo t/fifo
find t | sort; find t -type f | sort; find t -type d | sort; find t -name '*.txt' | sort; find t -iname 'X*'; find t -path '*/b/*'; find t -maxdepth 1 | sort; find t -mindepth 2 | sort
find t -type l -printf '%p -> %l\n'; find t -empty | sort; find t -size -2c -type f | sort; find t -perm 600; find t -perm -200 -type f | sort; find t -perm /111 -type f
find t -name x.txt -exec cat {} \;; find t -type f -exec echo {} + | tr ' ' '\n' | sort; find t -name b -prune -o -type f -print | sort; find t ! -type d | sort; find t \( -name x.txt -o -name empty \) | sort
find t -name x.txt -print0 | od -c; find t -samefile t/a/x.txt; find t -newer t/a/x.txt -type f | sort | head -0; find t -type f -printf '%f %s %m %d %y %P %H %h\n' | sort; find t -type f,l | sort
find t -regex '.*/[xy]\.txt' | sort; find t -depth | sort | head -3; find t -name y.txt -delete; find t -name '*.txt'; find t -type f -links 1 | sort; find t -name x.txt -quit; find t -user root -maxdepth 0; find t -uid 0 -maxdepth 0
find t -name x.txt -exec false \; -print; find t -name x.txt -exec true \; -print; find t/a -execdir echo {} \; | sort; find t -false; find t -maxdepth 0 -printf 'a\tb\n%%\n'; find t -maxdepth 0 -ls | sed 's/^ *[0-9]* *//;s/ [A-Z][a-z][a-z] .*//'

mkdir lower upper work merged; echo t > lower/target; ln -s target lower/link; ln -s missing lower/dangling; mkdir lower/d; ln -s d lower/dl
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
cat merged/link; echo more >> merged/link; ls upper; cat merged/link; echo new > merged/dangling; ls upper; cat merged/missing; touch merged/dl/x; find upper | sort; rm merged/link; stat -c %F upper/link; readlink merged/dangling; ln -sf other merged/link; readlink upper/link

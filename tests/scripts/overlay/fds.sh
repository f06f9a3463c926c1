mkdir lower upper work merged; echo old > lower/f
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
exec 3< merged/f; echo new > merged/f; cat <&3; exec 3<&-; exec 4< merged/f; rm merged/f; cat <&4; exec 4<&-; cat merged/f; exec 5>> merged/f; echo one >&5; rm merged/f; echo two >&5; exec 5>&-; ls upper; stat -c %F upper/f; cat lower/f

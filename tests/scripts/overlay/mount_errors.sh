mkdir lower upper work merged; : > file
m() { mount -t overlay overlay -o "$1" merged; echo $?; }
m lowerdir=lower; m lowerdir=lower,upperdir=upper; m lowerdir=missing,upperdir=upper,workdir=work; m lowerdir=lower,upperdir=upper,workdir=upper
m lowerdir=lower,upperdir=upper,workdir=work,bogus=1; m lowerdir=lower:lower,upperdir=upper,workdir=work; m lowerdir=lower,upperdir=lower,workdir=work
m lowerdir=file,upperdir=upper,workdir=work; m lowerdir=lower,upperdir=upper,workdir=work,index=maybe
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work nowhere; echo $?; mount -t nosuchfs none merged; echo $?; umount merged; echo $?; umount missing; echo $?; ls work

//! The simulated machine, mounted.

use super::bed::{Bed, Mounted, layerglass};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub const TESTS: &[(&str, fn())] = &[
    ("machine/overlays-appear-inside", overlays_appear_inside),
    ("machine/rights-are-the-callers", rights_are_the_callers),
    ("machine/locks-wait-and-wake", locks_wait_and_wake),
    ("machine/calls-of-the-protocol", calls_of_the_protocol),
    ("machine/busy-and-killed-clients", busy_and_killed_clients),
    ("machine/large-things", large_things),
    ("machine/signals-end-it", signals_end_it),
    ("machine/signals-in-traffic", signals_in_traffic),
    ("machine/locks-maps-and-direct", locks_maps_and_direct),
    ("machine/socket", socket),
    ("machine/sockets-left-over", sockets_left_over),
    ("machine/bad-usage", bad_usage),
];

const UNION: &str = "mkdir -p /lab/{lower,upper,work,merged}
echo hello >/lab/lower/a; mkdir /lab/lower/d; echo x >/lab/lower/d/x; chmod 777 /lab/merged
mount -t overlay overlay -o lowerdir=/lab/lower,upperdir=/lab/upper,workdir=/lab/work /lab/merged\n";

fn mounted(bed: &Bed, setup: &str, more: &[&str]) -> (Mounted, std::path::PathBuf) {
    let script = bed.file("setup.sh", setup);
    let at = bed.dir("m");
    let args = [&["--setup", script.to_str().unwrap(), "--root", "/lab"], more].concat();
    (Mounted::new(&args, &at), at)
}

fn overlays_appear_inside() {
    let bed = Bed::new("inside");
    let (it, at) = mounted(&bed, UNION, &[]);
    let out = bed.sh("cat m/merged/a; rm m/merged/a; echo new >m/merged/d/y; rm m/merged/d/x
         stat -c '%F %t:%T' m/upper/a m/upper/d/x; cat m/upper/d/y
         test ! -e m/merged/a; mkdir m/merged/q; rmdir m/merged/q; ls m/upper");
    let whiteout = "character special file 0:0\n";
    assert_eq!(out, format!("hello\n{whiteout}{whiteout}new\na\nd\n"));
    // Numbers: those of the mounted file system as they are, those of the union above 48 bits.
    let numbers = bed.sh("stat -c %i m/lower/d/x m/merged/d/y; ls -i m/lower/d | cut -d' ' -f1");
    let numbers: Vec<u64> = numbers.lines().map(|it| it.parse().unwrap()).collect();
    assert!(numbers[0] < 1 << 48 && numbers[1] >> 48 == 1, "{numbers:?}");
    assert_eq!(numbers[0], numbers[2]);
    it.unmount(&at);
}

fn as_nobody(script: &str, bed: &Bed) -> String {
    let out = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--groups=4242", "bash", "-c", script])
        .current_dir(bed.path("m"))
        .output()
        .unwrap();
    String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()
}

fn rights_are_the_callers() {
    let bed = Bed::new("rights");
    let setup = format!("{UNION}cd /lab/merged; echo secret >s; chmod 600 s; echo g >g; chgrp 4242 g
chmod 640 g; mkdir closed; echo c >closed/c; chmod 700 closed; mkdir -m 1777 sticky; echo t >sticky/t
mkdir setgid; chgrp 4242 setgid; chmod 2777 setgid; echo u >u; chmod 4755 u; chown 65534 u; chmod 4755 u");
    let (it, at) = mounted(&bed, &setup, &[]);
    std::fs::metadata(at.join("merged/closed/c")).unwrap();
    assert!(as_nobody("cat merged/s", &bed).contains("Permission denied"));
    // A supplementary group, known from /proc.
    assert_eq!(as_nobody("cat merged/g", &bed), "g\n");
    // Root has looked it up: that does not open the way for others.
    assert!(as_nobody("cat merged/closed/c", &bed).contains("Permission denied"));
    assert!(as_nobody("rm -f merged/sticky/t", &bed).contains("Operation not permitted"));
    assert!(as_nobody("[ -w merged/s ] || echo no", &bed).contains("no"));
    assert_eq!(
        as_nobody("umask 027; echo >merged/setgid/n; stat -c '%a %g' merged/setgid/n", &bed),
        "640 4242\n"
    );
    // Writing drops setuid, but not for root.
    assert_eq!(as_nobody("echo v >>merged/u; stat -c %a merged/u", &bed), "755\n");
    let acl =
        "setfacl -m u:65534:r m/merged/s; getfacl -cn m/merged/s | grep 65534 | cut -d: -f1,3";
    assert_eq!(bed.sh(acl), "user:r--\n");
    assert_eq!(as_nobody("cat merged/s", &bed), "secret\n");
    it.unmount(&at);
}

fn locks_wait_and_wake() {
    let bed = Bed::new("locks");
    let (it, at) = mounted(&bed, UNION, &[]);
    bed.sh("cd m/merged; exec 9<>lock; flock 9; (flock -w 5 lock echo got >../waited) & sleep .2
         test ! -s ../waited; flock -u 9; wait; grep got ../waited
         flock 9; flock -n lock true && exit 1; timeout -s INT 1 flock lock true && exit 1; true");
    // A killed waiter is gone at once, not when the lock is free.
    let begin = Instant::now();
    bed.sh("cd m/merged; exec 9<>lock; flock 9; flock lock true & sleep .2; kill -9 $!; wait $! || true");
    assert!(begin.elapsed() < Duration::from_secs(5));
    it.unmount(&at);
}

fn calls_of_the_protocol() {
    let bed = Bed::new("calls");
    let (it, at) = mounted(&bed, UNION, &[]);
    let dir = at.join("merged");
    use rustix::fs::{self, FallocateFlags, Mode, OFlags, RenameFlags, SeekFrom};
    let open = |name: &str, flags: OFlags| {
        fs::open(dir.join(name), flags | OFlags::RDWR, Mode::from_raw_mode(0o644))
    };
    let fd = open("f", OFlags::CREATE).unwrap();
    fs::fallocate(&fd, FallocateFlags::KEEP_SIZE, 0, 8192).unwrap();
    assert_eq!(fs::fstat(&fd).unwrap().st_size, 0);
    rustix::io::pwrite(&fd, b"data", 1 << 20).unwrap();
    assert_eq!(fs::seek(&fd, SeekFrom::Data(100_000)), Ok(1 << 20));
    assert_eq!(fs::seek(&fd, SeekFrom::Hole(1 << 20)), Ok((1 << 20) + 4));
    let to = open("g", OFlags::CREATE).unwrap();
    let (mut from_at, mut to_at) = (1 << 20, 0);
    let n = fs::copy_file_range(&fd, Some(&mut from_at), &to, Some(&mut to_at), 4);
    assert_eq!((n, std::fs::read(dir.join("g")).unwrap()), (Ok(4), b"data".to_vec()));
    let rename = |from: &str, to: &str, flags| {
        fs::renameat_with(fs::CWD, dir.join(from), fs::CWD, dir.join(to), flags)
    };
    assert_eq!(rename("f", "g", RenameFlags::NOREPLACE), Err(rustix::io::Errno::EXIST));
    assert_eq!(rename("f", "g", RenameFlags::EXCHANGE), Ok(()));
    assert_eq!(fs::fstat(&to).unwrap().st_ino, fs::stat(dir.join("f")).unwrap().st_ino);
    let tmp = fs::open(&dir, OFlags::TMPFILE | OFlags::RDWR, Mode::RWXU);
    assert_eq!(tmp.unwrap_err(), rustix::io::Errno::OPNOTSUPP);
    // What is open lives on without its name, and a path to it through its descriptor.
    std::fs::remove_file(dir.join("f")).unwrap();
    assert_eq!(fs::fstat(&to).unwrap().st_nlink, 0);
    rustix::io::pwrite(&to, b"DATA", 0).unwrap();
    let mut buf = [0; 4];
    assert_eq!((rustix::io::pread(&to, &mut buf, 0), &buf), (Ok(4), b"DATA"));
    let long = "n".repeat(256);
    assert_eq!(open(&long, OFlags::CREATE).unwrap_err(), rustix::io::Errno::NAMETOOLONG);
    drop((fd, to));
    // Stamps before 1970 and after 2038, fifos, devices, attributes, flags.
    bed.sh("cd m/merged; touch -d '1960-01-02 03:04:05.5 UTC' old; touch -d '2100-01-01 UTC' new
         test \"$(stat -c %.1Y old new | tr '\\n' ' ')\" = '-315521754.5 4102444800.0 '
         mkfifo p; mknod n c 1 3; test \"$(stat -c %t:%T n)\" = 1:3; echo x >n
         setfattr -n user.k -v v old; test \"$(getfattr --only-values -n user.k old)\" = v
         chattr +i old; ! rm -f old 2>&-; chattr -i old; rm old; df . >/dev/null
         (echo to-reader >p &); test \"$(cat p)\" = to-reader");
    it.unmount(&at);
}

fn busy_and_killed_clients() {
    let bed = Bed::new("busy");
    let (it, at) = mounted(&bed, UNION, &[]);
    bed.sh("cd m/merged
         for i in 1 2 3 4; do (for j in $(seq 60); do echo $i-$j >f$i-$j; mv f$i-$j g$i-$j
           cat g$i-$j >/dev/null; done) & done
         yes | head -c 20000000 >stream & sleep .2; tail -c 10 stream >/dev/null; kill -9 $! || true
         while :; do echo x >again; rm -f again; done & looping=$!
         sleep .3; kill -9 $looping; wait || true; ls | grep -c '^g' | grep 240; rm -rf g* stream");
    // Busy: umount says so and nothing breaks.
    let busy = bed.sh("cd m/merged; umount ../../m 2>&1 && exit 1 || true");
    assert!(busy.contains("busy"), "{busy}");
    it.unmount(&at);
}

fn large_things() {
    let bed = Bed::new("large");
    let (it, at) = mounted(&bed, UNION, &[]);
    bed.sh(
        "cd m/merged; truncate -s 1G sparse; test $(stat -c %b sparse) = 0; printf end >>sparse
         test $(stat -c %s sparse) = 1073741827; tail -c 3 sparse | grep end
         cmp -n 1000000 sparse /dev/zero; test $(stat -c %b sparse) = 8
         mkdir many; cd many; seq 2000 | xargs touch; test $(ls | wc -l) = 2000; cd ..; rm -r many",
    );
    // Deeper than a path can be long; not by a shell, whose cd looks at every directory above.
    use rustix::fs::{self, Mode, OFlags};
    let mut dir = fs::open(at.join("merged"), OFlags::DIRECTORY, Mode::empty()).unwrap();
    for level in 0..300 {
        let name = format!("deep-{level:0100}");
        fs::mkdirat(&dir, &name, Mode::RWXU).unwrap();
        dir = fs::openat(&dir, &name, OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    let flags = OFlags::CREATE | OFlags::RDWR;
    let file = fs::openat(&dir, "bottom", flags, Mode::RWXU).unwrap();
    assert_eq!(rustix::io::pwrite(&file, b"deep", 0), Ok(4));
    drop((file, dir));
    bed.sh("rm -rf m/merged/deep*; ls m/merged | wc -l | grep 3");
    it.unmount(&at);
}

fn signals_end_it() {
    for signal in ["INT", "TERM", "HUP"] {
        let bed = Bed::new("signals");
        let (it, at) = mounted(&bed, UNION, &[]);
        // Busy on purpose.
        let held = std::fs::File::open(at.join("merged/a")).unwrap();
        let begin = Instant::now();
        it.signal(signal);
        it.ends_well();
        assert!(begin.elapsed() < Duration::from_secs(10), "{signal}");
        drop(held);
        assert!(
            !std::fs::read_to_string("/proc/self/mounts").unwrap().contains(at.to_str().unwrap())
        );
    }
}

/// Nobody waits for those who are busy in it.
fn signals_in_traffic() {
    let bed = Bed::new("traffic");
    let (it, at) = mounted(&bed, UNION, &[]);
    let script = "cd m/merged; for i in 1 2 3; do
         (while echo x >f$i && mv f$i g$i && cat g$i; do :; done) >/dev/null 2>&1 & done
         yes >stream 2>/dev/null & while ls -lR .. >/dev/null 2>&1; do :; done; kill $! 2>/dev/null; wait";
    let mut busy =
        Command::new("bash").args(["-c", script]).current_dir(bed.path("")).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let begin = Instant::now();
    it.signal("TERM");
    it.ends_well();
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    busy.wait().unwrap();
    assert!(!std::fs::read_to_string("/proc/self/mounts").unwrap().contains(at.to_str().unwrap()));
    // The same for a mount that somebody else takes away under them.
    let (it, at) = mounted(&bed, UNION, &[]);
    let mut busy =
        Command::new("bash").args(["-c", script]).current_dir(bed.path("")).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    bed.sh("umount -l m");
    assert!(!at.join("merged").exists());
    it.signal("TERM");
    it.ends_well();
    busy.wait().unwrap();
}

fn locks_maps_and_direct() {
    let bed = Bed::new("maps");
    let (it, at) = mounted(&bed, UNION, &[]);
    let out = Command::new("python3")
        .arg("-c")
        .arg(include_str!("maps.py"))
        .current_dir(at.join("merged"))
        .output();
    let out = out.unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}{}", String::from_utf8_lossy(&out.stderr));
    it.unmount(&at);
}

fn sockets_left_over() {
    let bed = Bed::new("left");
    let socket = bed.path("s");
    let name = socket.to_str().unwrap();
    let (it, at) = mounted(&bed, UNION, &["--socket", name]);
    it.signal("KILL");
    assert!(!it.wait().0.success());
    bed.sh("umount m");
    // Nobody answers there: it is taken over. Somebody does: it is not.
    let (it, _) = mounted(&bed, UNION, &["--socket", name]);
    let second = bed.dir("second");
    let out = layerglass().args(["fuse", "--socket", name]).arg(&second).output().unwrap();
    let err = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(1) && err.contains("Address already in use"), "{err}");
    assert_eq!(call(&socket, &["-c", "echo still here"], "").0, "still here\n");
    it.unmount(&at);
    // What is no socket is nobody's to take.
    bed.file("s", "mine");
    let out = layerglass().args(["fuse", "--socket", name]).arg(&second).output().unwrap();
    assert_eq!((out.status.code(), bed.sh("cat s")), (Some(1), "mine".to_owned()));
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(second.to_str().unwrap()));
}

fn call(socket: &Path, args: &[&str], input: &str) -> (String, String, i32) {
    use std::io::Write;
    let mut child = layerglass()
        .args(["run", "--socket", socket.to_str().unwrap()])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let out = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(out.stdout), text(out.stderr), out.status.code().unwrap())
}

fn socket() {
    let bed = Bed::new("socket");
    let socket = bed.path("s");
    let (it, at) = mounted(&bed, UNION, &["--socket", socket.to_str().unwrap()]);
    let run = |args: &[&str], input: &str| call(&socket, args, input);
    let own = |out: &str, err: &str, status| (out.to_owned(), err.to_owned(), status);
    assert_eq!(run(&["-c", "echo out; echo err >&2; exit 7"], ""), own("out\n", "err\n", 7));
    assert_eq!(run(&["-c", "tr a-z A-Z"], "abc\n"), own("ABC\n", "", 0));
    assert_eq!(run(&[], "echo $0 $PWD"), own("bash /\n", "", 0));
    // Both sides see one machine: files, and mounts made later.
    std::fs::write(at.join("merged/from-outside"), "hi").unwrap();
    assert_eq!(run(&["-c", "cat /lab/merged/from-outside"], ""), own("hi", "", 0));
    let mount = "mkdir -p /lab/{u2,w2,m2}; mount -t overlay o -o lowerdir=/lab/merged,upperdir=/lab/u2,\
                 workdir=/lab/w2 /lab/m2; echo later >/lab/m2/later";
    assert_eq!(run(&["-c", mount], ""), own("", "", 0));
    assert_eq!(bed.sh("cat m/m2/later m/u2/later m/m2/a"), "later\nlater\nhello\n");
    assert_eq!(run(&["-c", "echo changed >/lab/m2/a"], ""), own("", "", 0));
    assert_eq!(bed.sh("cat m/m2/a"), "changed\n");
    let open = std::fs::File::open(at.join("m2/a")).unwrap();
    let (_, err, status) = run(&["-c", "umount /lab/m2"], "");
    assert!(err.contains("busy") && status == 32, "{err}");
    drop(open);
    assert_eq!(run(&["-c", "umount /lab/m2"], ""), own("", "", 0));
    assert!(!at.join("m2/a").exists());
    // A sleep takes real time, others go on meanwhile, and a killed caller takes its program along.
    let script = "sleep 1; echo slept";
    let begin = Instant::now();
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| run(&["-c", script], ""));
        assert_eq!(run(&["-c", "echo quick"], "").0, "quick\n");
        assert_eq!(slow.join().unwrap().0, "slept\n");
    });
    assert!(begin.elapsed() >= Duration::from_secs(1));
    let own_socket = socket.to_str().unwrap();
    let mut child = layerglass()
        .args(["run", "--socket", own_socket, "-c", "while :; do :; done"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    child.kill().unwrap();
    child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let left = run(&["-c", "cat /proc/[0-9]*/comm | grep -c bash"], "");
    assert_eq!(left.0, "1\n", "{left:?}");
    it.unmount(&at);
    assert!(!socket.exists());
}

fn bad_usage() {
    let bed = Bed::new("usage");
    let at = bed.dir("m");
    for (args, words, status) in [
        (&["/nowhere/at/all"][..], "No such file", 1),
        (&["--root", "/nowhere", at.to_str().unwrap()], "No such file", 1),
        (&["--setup", "/nowhere", at.to_str().unwrap()], "No such file", 1),
        (&[], "MOUNTPOINT", 2),
        (&["-o", "upperdir=/u", at.to_str().unwrap()], "lowerdir is missing", 1),
        (&["-o", "lowerdir=/nowhere", at.to_str().unwrap()], "/nowhere: No such file", 1),
    ] {
        let out = layerglass().arg("fuse").args(args).output().unwrap();
        let err = String::from_utf8_lossy(&out.stderr);
        assert!(err.contains(words) && out.status.code() == Some(status), "{args:?}: {err}");
    }
    let script = bed.file("bad.sh", "echo oops >&2; exit 3");
    let args = ["fuse", "--setup", script.to_str().unwrap(), at.to_str().unwrap()];
    let out = layerglass().args(args).output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("ended with status 3"));
    let out = layerglass().args(["run", "--socket", "/nowhere", "-c", ":"]).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
}

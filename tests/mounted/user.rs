//! Mounted by a user who is not root, by `fusermount3`.

use super::bed::{Bed, run};
use super::ground;
use libtest_mimic::Trial;
use std::path::Path;
use std::process::Command;

const TESTS: &[(&str, fn())] = &[("user/machine", machine), ("user/union", union)];

/// The tests, or why they cannot run here.
pub fn trials() -> Vec<Trial> {
    let there =
        ["/usr/bin/fusermount3", "/bin/fusermount3"].iter().any(|it| Path::new(it).exists());
    let trial = |(name, run): &(&'static str, fn())| match there {
        true => {
            let run = *run;
            Trial::test(*name, move || {
                run();
                Ok(())
            })
        }
        false => ground::absent(*name, "there is no fusermount3".to_owned()),
    };
    TESTS.iter().map(trial).collect()
}

/// A bed that belongs to the user, with a /dev/fuse that everybody may open, as it usually is.
fn bed(name: &str) -> Bed {
    let bed = Bed::new(name);
    bed.sh("chmod 777 .; mkdir -m 777 m; mount -o remount,dev .; mknod -m 666 fuse c 10 229
         mount --bind fuse /dev/fuse");
    bed
}

/// Runs a script as the user; what it prints.
fn as_user(bed: &Bed, script: &str) -> String {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-euc", script]);
    let out = command.current_dir(bed.path("")).output().unwrap();
    String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()
}

/// Starts it, waits until it is ready, does something, takes it away and waits for the end.
fn while_mounted(bed: &Bed, args: &str, script: &str) -> String {
    let program = env!("CARGO_BIN_EXE_layerglass");
    let all = format!(
        "{program} fuse {args} m >ready 2>&1 & pid=$!
         for i in $(seq 200); do grep -qs mounted ready && break; sleep .05; done
         {script}
         fusermount3 -u m; wait $pid && echo end 0 || echo end $?; sed 1d ready"
    );
    as_user(bed, &all)
}

fn give_back() {
    run(Command::new("umount").arg("/dev/fuse"));
}

fn machine() {
    let bed = bed("user");
    bed.file("setup", "mkdir -m 777 /lab; echo secret >/lab/s; chmod 600 /lab/s");
    let script = "echo hi >m/a; stat -c %u:%g:%a m/a; cat m/s || true; chown 0 m/a || true
        mkdir m/d; rmdir m/d; grep -c 'user_id=65534' /proc/mounts";
    let text = while_mounted(&bed, "--setup setup --root /lab", script);
    give_back();
    assert_eq!(
        text,
        "65534:65534:644\n1\nend 0\ncat: m/s: Permission denied\n\
         chown: changing ownership of 'm/a': Operation not permitted\n"
    );
}

/// Written back as a user may: whiteouts, and attributes in the names that users have.
fn union() {
    let bed = bed("user-union");
    as_user(&bed, "mkdir -p l/d u w; echo low >l/a; echo b >l/b; echo c >l/d/c");
    let script = "echo new >>m/a; rm m/b; rm -r m/d; mkdir m/d; echo e >m/d/e";
    let args = "-o userxattr,lowerdir=l,upperdir=u,workdir=w";
    assert_eq!(while_mounted(&bed, args, script), "end 0\n");
    // What it left can be taken up again.
    assert_eq!(
        while_mounted(&bed, args, "ls m m/d; echo f >m/d/f"),
        "m:\na\nd\n\nm/d:\ne\nend 0\n"
    );
    give_back();
    let seen = bed.sh("stat -c '%n %F %u' u/*; cat u/a; getfattr --only-values -n user.overlay.opaque u/d
         mkdir k; mount -t overlay o -o userxattr,lowerdir=l,upperdir=u,workdir=w k; ls k k/d; umount k");
    let want = "u/a regular file 65534\nu/b character special file 65534\nu/d directory 65534\n\
         low\nnew\nyk:\na\nd\n\nk/d:\ne\nf\n";
    assert_eq!(seen, want);
}

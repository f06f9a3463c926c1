//! One workload for any target: a union is built and used. It takes so long natively, and so long in
//! WebAssembly; the bench `peers` runs both and compares.

use layerglass::cred::Cred;
use layerglass::memfs::{MemFs, Profile};
use layerglass::sys::{AT_FDCWD, Sys, at};
use layerglass::types::OpenFlags;
use layerglass::vfs::Kernel;

const DIRS: usize = 100;
const FILES: usize = 40;
const ROUNDS: usize = 30;

fn path(file: usize) -> String {
    format!("/m/a/b/d{}/file{}", file % DIRS, file / DIRS)
}

/// Three layers of four thousand files, each looked at many times, a tenth copied up, a tenth removed.
fn run() -> u64 {
    let mut kernel = Kernel::new(Box::new(MemFs::new(Profile::Ext4)), "/dev/vda1");
    let pid = kernel.boot_process(Cred::root());
    let mut sys = kernel.sys(pid);
    for layer in 0..3 {
        let mut made = vec![format!("/l{layer}"), format!("/l{layer}/a"), format!("/l{layer}/a/b")];
        made.extend((0..DIRS).map(|dir| format!("/l{layer}/a/b/d{dir}")));
        for dir in made {
            sys.mkdirat(AT_FDCWD, dir.as_bytes(), 0o755).expect("new");
        }
    }
    for file in 0..DIRS * FILES {
        let path = path(file).replacen("/m", &format!("/l{}", file % 3), 1);
        write(&mut sys, &path, OpenFlags::CREAT);
    }
    for dir in ["/u", "/w", "/m"] {
        sys.mkdirat(AT_FDCWD, dir.as_bytes(), 0o755).expect("new");
    }
    let options = b"lowerdir=/l0:/l1:/l2,upperdir=/u,workdir=/w";
    sys.mount(b"overlay", b"/m", b"overlay", 0, options).expect("it mounts");
    let mut sum = 0;
    for _ in 0..ROUNDS {
        for file in 0..DIRS * FILES {
            let attr = sys.statat(AT_FDCWD, path(file).as_bytes(), at::SYMLINK_NOFOLLOW);
            sum += attr.map_or(0, |it| it.size + it.ino);
        }
    }
    for file in (0..DIRS * FILES).step_by(10) {
        write(&mut sys, &path(file), OpenFlags::RDONLY);
        sys.unlinkat(AT_FDCWD, path(file + 1).as_bytes(), 0).expect("there");
    }
    sum
}

fn write(sys: &mut dyn Sys, path: &str, more: OpenFlags) {
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), OpenFlags::WRONLY | more, 0o644).expect("room");
    sys.pwrite(fd, b"some text", 0).expect("room");
    sys.close(fd).expect("open");
}

/// WebAssembly has no arguments and no clock here: who starts it takes the time.
pub fn main() {
    std::hint::black_box(run());
}

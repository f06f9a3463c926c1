//! The first image of the recorded sessions, for the simulated machine.

use layerglass::drivers::files;
use layerglass::machine::Machine;
use layerglass::shell::command::exec;
use layerglass::tar::{Entry, Kind, write};
use layerglass::types::{FileType, Timespec};

/// Bytes that the files of the recorded image have together with the targets of its symlinks.
const SIZE: usize = 1_982_499;

const PROGRAMS: &str = "cat chmod chown cp df echo env false find head hostname id ln ls mkdir mount mv \
    printf pwd rm sed sh sleep stat touch true wc";

fn tree() -> Vec<(String, Kind, u32, Vec<u8>)> {
    let mut all = Vec::new();
    let mut put = |path: &str, kind: Kind, mode: u32, data: &[u8]| {
        all.push((path.to_owned(), kind, mode, data.to_vec()));
    };
    put("bin", Kind::Dir, 0o755, b"");
    let mut total = 0;
    for name in PROGRAMS.split_whitespace() {
        let bytes = exec::image(name);
        total += bytes.len();
        put(&format!("bin/{name}"), Kind::Reg, 0o755, &bytes);
    }
    put("etc", Kind::Dir, 0o755, b"");
    let texts: [(&str, &str); 5] = [
        ("etc/group", "root:x:0:\n"),
        ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
        ("www/dir/three", "three\n"),
        ("www/one", "one\n"),
        ("www/two", "two\n"),
    ];
    total += texts.iter().map(|it| it.1.len()).sum::<usize>();
    for (path, text) in texts {
        if path == "www/dir/three" {
            put("tmp", Kind::Dir, 0o1777, b"");
            put("www", Kind::Dir, 0o755, b"");
            put("www/dir", Kind::Dir, 0o755, b"");
        }
        put(path, Kind::Reg, 0o644, text.as_bytes());
    }
    // Bytes that cannot be packed much better than a program.
    let mut state = 1u32;
    let filler: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(SIZE - total)
    .collect();
    put("bin/busybox", Kind::Reg, 0o755, &filler);
    all
}

/// A machine with `/work/base.tar`.
pub fn machine() -> Machine {
    let mut tar = Vec::new();
    for (path, kind, mode, data) in tree() {
        let bits = if kind == Kind::Dir { FileType::Dir } else { FileType::Reg };
        let mut entry = Entry::new(path.as_str(), kind, bits.bits() | mode);
        entry.mtime = Timespec::new(1_600_000_000, 0);
        entry.size = data.len() as u64;
        tar.extend(write::headers(&entry));
        tar.extend(&data);
        tar.extend(write::padding(entry.size));
    }
    tar.extend(write::END);
    let mut machine = Machine::boot();
    machine.run_script(b"mkdir /work");
    let pid = machine.init();
    files::write(&mut machine.kernel.sys(pid), "/work/base.tar", &tar, 0o644).unwrap();
    machine
}

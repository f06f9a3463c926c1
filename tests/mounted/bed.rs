//! A place to mount things in, and the program that mounts.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const MARK: &str = "LAYERGLASS_FUSE_NAMESPACE";

/// Moves this program into a mount namespace of its own, by starting it again there.
///
/// # Errors
/// Why nothing can be mounted here.
pub fn in_own_namespace() -> Result<(), String> {
    if !Path::new("/dev/fuse").exists() {
        return Err("there is no /dev/fuse".into());
    }
    if !rustix::process::geteuid().is_root() {
        return Err("this user is not root".into());
    }
    super::ground::can_mount()?;
    if std::env::var_os(MARK).is_some() {
        return Ok(());
    }
    let own = std::env::current_exe().map_err(|err| err.to_string())?;
    let mut command = Command::new("unshare");
    command.arg("-m").arg(own).args(std::env::args_os().skip(1)).env(MARK, "1");
    Err(format!("unshare: {}", command.exec()))
}

/// A directory on a file system of its own.
pub struct Bed(PathBuf);

impl Bed {
    pub fn new(name: &str) -> Bed {
        let dir =
            std::env::temp_dir().join(format!("layerglass-fuse-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=3g", "bed"]).arg(&dir));
        Bed(dir)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes a directory, and those above.
    pub fn dir(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs a script here that must succeed; its output.
    pub fn sh(&self, script: &str) -> String {
        let out =
            Command::new("bash").args(["-euc", script]).current_dir(&self.0).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let err = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{script}\n{text}{err}");
        text
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-R", "-l"]).arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

pub fn run(command: &mut Command) {
    let out = command.output().unwrap();
    let err = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command:?}: {err}");
}

/// `layerglass fuse`, at work.
pub struct Mounted {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Mounted {
    /// Starts it and waits until it is ready.
    pub fn new(args: &[&str], at: &Path) -> Mounted {
        let mut child = layerglass()
            .arg("fuse")
            .args(args)
            .arg(at)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        if line != format!("mounted on {}\n", at.display()) {
            let mut err = String::new();
            let _ = child.stderr.take().unwrap().read_to_string(&mut err);
            panic!("not mounted: {line}{err}");
        }
        Mounted { child, out }
    }

    pub fn signal(&self, name: &str) {
        run(Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()));
    }

    /// Waits for the end: status, the rest of standard output, standard error.
    pub fn wait(mut self) -> (ExitStatus, String, String) {
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (status, out, err)
    }

    /// Unmounts; it must end well.
    pub fn unmount(self, at: &Path) {
        run(Command::new("umount").arg(at));
        self.ends_well();
    }

    pub fn ends_well(self) {
        let (status, out, err) = self.wait();
        assert!(status.success() && out.is_empty() && err.is_empty(), "{status} {out}{err}");
    }
}

pub fn layerglass() -> Command {
    Command::new(env!("CARGO_BIN_EXE_layerglass"))
}

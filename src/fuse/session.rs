//! A mount from its beginning to its end: by `umount`, or by a signal.

use super::host::Host;
use super::serve::Served;
use fuser::{Config, MountOption, Session, SessionACL};
use nix::sys::signal::{SigSet, Signal};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

/// Why a mount is over.
#[derive(Debug)]
pub enum Ended {
    /// Somebody unmounted it.
    Unmounted,
    /// SIGINT, SIGTERM or SIGHUP.
    Signal(Signal),
    Failed(io::Error),
}

/// The machine, mounted and served.
pub struct Mount {
    host: Host,
    at: PathBuf,
    ended: Receiver<Ended>,
}

/// How long a mount that was taken away may take to finish what it was asked before: requests take
/// turns, each a moment. Files that somebody keeps open would make it wait for ever.
const PATIENCE: Duration = Duration::from_millis(200);

impl Mount {
    /// Blocks the signals that end a mount, in this thread and those that it starts: before the
    /// first of them.
    pub fn guard_signals() {
        let _ = ending().thread_block();
    }

    /// Mounts the host's machine. [`Mount::guard_signals`] has been called.
    ///
    /// # Errors
    /// Those of mounting, in the words of the system.
    pub fn new(host: Host, at: &Path) -> io::Result<Mount> {
        let at = std::fs::canonicalize(at)?;
        let session = Session::new(Served(host.clone()), &at, &config())?;
        let (tell, ended) = mpsc::channel();
        let by_signal = tell.clone();
        std::thread::Builder::new().name("fuse".into()).spawn(move || serve(session, &tell))?;
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            while let Ok(signal) = ending().wait() {
                let _ = by_signal.send(Ended::Signal(signal));
            }
        })?;
        Ok(Mount { host, at, ended })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Waits for the end, and takes the mount away if it is still there. Afterwards nothing changes
    /// the machine any more.
    pub fn wait(self) -> Ended {
        let ended = self.ended.recv().unwrap_or(Ended::Unmounted);
        if let Ended::Signal(_) = ended {
            self.leave();
        }
        self.host.lock().end();
        ended
    }

    /// Takes the mount away, busy or not. What is still open in it fails from then on.
    fn leave(&self) {
        // What was written through a mapping and is not here yet.
        if let Ok(dir) = std::fs::File::open(&self.at) {
            let _ = rustix::fs::syncfs(&dir);
        }
        let flags = rustix::mount::UnmountFlags::DETACH;
        // Any other error says that somebody took it away already.
        if rustix::mount::unmount(&self.at, flags) == Err(rustix::io::Errno::PERM) {
            let mut helper = std::process::Command::new("fusermount3");
            let _ = helper.args(["-u", "-z"]).arg(&self.at).status();
        }
        // Busy files keep a detached mount alive: they do not keep us.
        let _ = self.ended.recv_timeout(PATIENCE);
    }
}

fn serve(session: Session<Served>, tell: &Sender<Ended>) {
    let ended = match session.run() {
        Ok(()) => Ended::Unmounted,
        Err(err) => Ended::Failed(err),
    };
    let _ = tell.send(ended);
}

fn ending() -> SigSet {
    let mut set = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        set.add(signal);
    }
    set
}

/// Root may serve everybody, with devices and setuid programs; others serve themselves.
fn config() -> Config {
    let mut config = Config::default();
    let name = || "layerglass".to_owned();
    config.mount_options = vec![MountOption::FSName(name()), MountOption::Subtype(name())];
    if rustix::process::geteuid().is_root() {
        config.acl = SessionACL::All;
        config.mount_options.extend([MountOption::Dev, MountOption::Suid]);
    }
    config
}

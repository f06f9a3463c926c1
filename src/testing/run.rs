//! The interpreter: runs a script, an operation at a time, on any kernel.

mod files;
mod fixture;
mod meta;
mod mounts;
mod names;
mod paused;
mod process;

pub use paused::Paused;

use super::case::{Case, Op};
use super::lab::{Disks, Lab};
use super::observe::{Look, Observer, Seen};
use super::stage::{self, Stage};
use crate::cred::Caps;
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Fd};
use crate::types::OpenFlags;
use process::Holds;

/// Why an operation has no result to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fail {
    /// The kernel refused.
    Errno(Errno),
    /// The script is wrong.
    Script(String),
}

impl From<Errno> for Fail {
    fn from(errno: Errno) -> Fail {
        Fail::Errno(errno)
    }
}

impl From<String> for Fail {
    fn from(text: String) -> Fail {
        Fail::Script(text)
    }
}

/// A result as a trace shows it.
pub type Done = Result<String, Fail>;

/// A script under way.
pub struct Run<'a> {
    sys: &'a mut dyn Stage,
    lab: Lab,
    eyes: Observer,
    holds: Holds,
    tick: Fd,
    home: Fd,
    /// Mounted with success and not yet unmounted.
    mounted: bool,
    /// The first mount has been tried: observation makes sense.
    begun: bool,
    nodes: i64,
}

/// Where an argument points: a directory descriptor and a path, or a descriptor alone.
enum Place<'a> {
    At(Fd, &'a [u8]),
    Fd(Fd),
}

impl<'a> Run<'a> {
    /// Builds the lab of a case in the working directory.
    ///
    /// # Errors
    /// `ENODEV` when a disk that the case needs is not to be had.
    pub fn start(
        sys: &'a mut dyn Stage,
        disks: &mut dyn Disks,
        case: &Case,
    ) -> Result<Run<'a>, Errno> {
        let layers = match case.get("layers") {
            "" => "l1 u",
            it => it,
        };
        let mut lab = Lab::new(layers, case.get("disks"), case.get("options"));
        lab.build(sys, disks)?;
        let tick = sys.openat(AT_FDCWD, b"../tick", OpenFlags(2), 0)?;
        let home = sys.openat(AT_FDCWD, b".", OpenFlags::DIRECTORY, 0)?;
        let holds = Holds::new(sys.getcwd()?, sys.cred());
        Ok(Run {
            sys,
            lab,
            eyes: Observer::default(),
            holds,
            tick,
            home,
            mounted: false,
            begun: false,
            nodes: 0,
        })
    }

    /// Trusts ctime of raw objects instead of reading them again.
    pub fn fast(mut self) -> Run<'a> {
        self.eyes.fast = true;
        self
    }

    /// Should there be an observation after this operation?
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// One operation.
    ///
    /// # Errors
    /// What the kernel answered, or what is wrong with the script.
    pub fn step(&mut self, op: &Op) -> Done {
        self.barrier();
        // Between operations it is the first process that acts: it looks at everything.
        self.sys.act(self.holds.now)?;
        let done = self.dispatch(op);
        self.sys.act(0)?;
        done
    }

    fn dispatch(&mut self, op: &Op) -> Done {
        let mut args = Args { op, next: 0 };
        let res = if op.is_fixture() { Some(self.fixture(&op.verb, &mut args)) } else { None };
        let res = res
            .or_else(|| self.files(&op.verb, &mut args))
            .or_else(|| self.names(&op.verb, &mut args))
            .or_else(|| self.meta(&op.verb, &mut args))
            .or_else(|| self.mounts(&op.verb, &mut args))
            .or_else(|| self.process(&op.verb, &mut args));
        let res = res.unwrap_or_else(|| Err(Fail::Script(format!("unknown verb {}", op.verb))))?;
        match args.op.args.get(args.next) {
            Some(_) if !op.is_fixture() => {
                Err(Fail::Script(format!("{}: too many arguments", op.verb)))
            }
            _ => Ok(res),
        }
    }

    /// Looks at everything, as root from the lab's directory.
    pub fn look(&mut self, what: Look) -> Seen {
        let cred = self.sys.cred();
        let plain = cred.euid == 0 && cred.caps.has(Caps::DAC_OVERRIDE);
        if !plain {
            let _ = self.sys.masquerade(&stage::root());
        }
        let moved = self.holds.people.get(&0).is_some_and(|it| it.moved);
        let cwd = match moved {
            true => self.sys.openat(AT_FDCWD, b".", OpenFlags::PATH, 0).ok(),
            false => None,
        };
        if moved {
            let _ = self.sys.fchdir(self.home);
        }
        let seen = self.eyes.look(self.sys, &self.lab, self.mounted, what);
        if let Some(cwd) = cwd {
            let _ = self.sys.fchdir(cwd);
            let _ = self.sys.close(cwd);
        }
        if !plain {
            let _ = self.sys.masquerade(&cred);
        }
        seen
    }

    /// Ends the script and removes the lab.
    ///
    /// # Errors
    /// Of the system calls that clean up.
    pub fn finish(mut self) -> Result<(), Errno> {
        self.release()?;
        self.holds.now = 0;
        self.sys.act(0)?;
        self.sys.close(self.home)?;
        self.sys.close(self.tick)?;
        self.lab.tear_down(self.sys)
    }

    /// Makes sure that stamps taken from here on are later than all stamps so far: looking at a
    /// file's times and changing it takes a fine stamp, and no coarse one may go behind it. The
    /// first round may get by with a coarse stamp that is newer than the file, the second not.
    fn barrier(&mut self) {
        for _ in 0..2 {
            let _ = self.sys.fstat(self.tick);
            let _ = self.sys.pwrite(self.tick, b"x", 0);
        }
        if let Ok(attr) = self.sys.fstat(self.tick) {
            self.eyes.begin(attr.mtime);
        }
    }

    /// `%name` or `%name/path`, or a plain path.
    fn place<'w>(&self, word: &'w [u8]) -> Result<Place<'w>, Fail> {
        let Some(rest) = word.strip_prefix(b"%") else { return Ok(Place::At(AT_FDCWD, word)) };
        let mut parts = rest.splitn(2, |&b| b == b'/');
        let fd = self.fd(parts.next().unwrap_or_default())?;
        Ok(match parts.next() {
            None => Place::Fd(fd),
            Some(path) => Place::At(fd, path),
        })
    }

    /// A place that must be a path.
    fn at<'w>(&self, word: &'w [u8]) -> Result<(Fd, &'w [u8]), Fail> {
        match self.place(word)? {
            Place::At(fd, path) => Ok((fd, path)),
            Place::Fd(_) => Err(Fail::Script("a path is wanted, not a descriptor".into())),
        }
    }

    fn fd(&self, name: &[u8]) -> Result<Fd, Fail> {
        let name = String::from_utf8_lossy(name);
        let person = self.holds.people.get(&self.holds.now);
        let known = person.and_then(|it| it.fds.get(name.as_ref()));
        known.copied().ok_or(Fail::Errno(Errno::EBADF))
    }
}

fn capability(name: &str) -> Result<u32, Fail> {
    Ok(match name {
        "CHOWN" => Caps::CHOWN,
        "DAC_OVERRIDE" => Caps::DAC_OVERRIDE,
        "DAC_READ_SEARCH" => Caps::DAC_READ_SEARCH,
        "FOWNER" => Caps::FOWNER,
        "FSETID" => Caps::FSETID,
        "LINUX_IMMUTABLE" => Caps::LINUX_IMMUTABLE,
        "SYS_ADMIN" => Caps::SYS_ADMIN,
        "MKNOD" => Caps::MKNOD,
        "SETFCAP" => Caps::SETFCAP,
        _ => return Err(Fail::Script(format!("unknown capability {name}"))),
    })
}

/// Unsigned decimal.
fn number<T: std::str::FromStr>(text: &str) -> Result<T, Fail> {
    text.parse().map_err(|_| Fail::Script(format!("not a number: {text}")))
}

/// The arguments of an operation, taken one by one.
struct Args<'a> {
    op: &'a Op,
    next: usize,
}

impl<'a> Args<'a> {
    fn maybe(&mut self) -> Option<&'a [u8]> {
        let word = self.op.args.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    fn word(&mut self) -> Result<&'a [u8], Fail> {
        self.maybe().ok_or_else(|| Fail::Script(format!("{}: too few arguments", self.op.verb)))
    }

    fn maybe_text(&mut self) -> Option<&'a str> {
        self.maybe().map(|it| std::str::from_utf8(it).unwrap_or("\u{fffd}"))
    }

    fn text(&mut self) -> Result<&'a str, Fail> {
        let word = self.word()?;
        std::str::from_utf8(word).map_err(|_| Fail::Script("text is wanted".into()))
    }

    fn octal(&mut self) -> Result<u32, Fail> {
        let text = self.text()?;
        u32::from_str_radix(text, 8).map_err(|_| Fail::Script(format!("not octal: {text}")))
    }

    fn number<T: std::str::FromStr>(&mut self) -> Result<T, Fail> {
        number(self.text()?)
    }
}

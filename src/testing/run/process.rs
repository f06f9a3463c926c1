//! Who acts, as whom, from where; programs that run, files in memory, record locks.

use super::{Args, Done, Fail, Place, Run, capability, number};
use crate::cred::Cred;
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Fd, Flock, RangeLock};
use crate::testing::program::{self, PROGRAM};
use crate::testing::{stage, word};
use crate::types::{OpenFlags, Result};
use std::collections::BTreeMap;

/// What a script holds between two operations.
#[derive(Clone)]
pub(super) struct Holds {
    /// The process that acts.
    pub now: usize,
    pub people: BTreeMap<usize, Person>,
    /// File handles: type and bytes.
    pub handles: BTreeMap<String, (i32, Vec<u8>)>,
    pub maps: BTreeMap<String, u64>,
    pub programs: BTreeMap<String, i32>,
    /// The lab's directory, and who the first process was there.
    pub home: Vec<u8>,
    pub origin: Cred,
}

impl Holds {
    pub(super) fn new(home: Vec<u8>, origin: Cred) -> Holds {
        Holds {
            now: 0,
            people: BTreeMap::from([(0, Person::default())]),
            handles: BTreeMap::new(),
            maps: BTreeMap::new(),
            programs: BTreeMap::new(),
            home,
            origin,
        }
    }
}

/// One process of a script.
#[derive(Clone, Default)]
pub(super) struct Person {
    pub fds: BTreeMap<String, Fd>,
    /// Offsets of the entries that a descriptor listed last.
    pub listed: BTreeMap<String, Vec<i64>>,
    /// Not in the lab's directory.
    pub moved: bool,
}

impl Run<'_> {
    pub(super) fn person(&mut self) -> &mut Person {
        self.holds.people.entry(self.holds.now).or_default()
    }

    pub(super) fn process(&mut self, verb: &str, args: &mut Args<'_>) -> Option<Done> {
        Some(match verb {
            "process" => args.number().and_then(|nth| self.switch(nth)),
            "as" => self.become_(args),
            "umask" => args.octal().map(|mask| {
                self.sys.umask(mask);
                "0".to_owned()
            }),
            "chdir" => self.chdir(args),
            "home" => self.go_home().map(|()| "0".to_owned()).map_err(Fail::from),
            "getcwd" => self.getcwd(),
            "letgo" => self.release().map(|()| "0".to_owned()).map_err(Fail::from),
            "exec" => self.exec(args),
            "kill" => self.kill(args),
            "map" => self.map(args),
            "peek" => self.peek(args),
            "unmap" => self.unmap(args),
            "store" => self.store(args),
            "lock" => self.lock(args),
            "testlock" => self.test_lock(args),
            "look" => Ok("0".to_owned()),
            _ => return None,
        })
    }

    /// `process N`: another one acts from here on. A new one is who the first was, in the lab's
    /// directory, with the umask 022.
    fn switch(&mut self, nth: usize) -> Done {
        self.sys.act(nth)?;
        let new = nth > 0 && !self.holds.people.contains_key(&nth);
        self.holds.now = nth;
        self.person();
        if new {
            self.sys.masquerade(&self.holds.origin)?;
            self.sys.umask(0o022);
            self.sys.chdir(&self.holds.home)?;
        }
        Ok("0".into())
    }

    fn chdir(&mut self, args: &mut Args<'_>) -> Done {
        let path = args.word()?;
        match self.place(path)? {
            Place::At(AT_FDCWD, path) => self.sys.chdir(path)?,
            Place::At(..) => return Err(Fail::Script("chdir: a path or a descriptor".into())),
            Place::Fd(fd) => self.sys.fchdir(fd)?,
        }
        self.person().moved = true;
        Ok("0".into())
    }

    pub(super) fn go_home(&mut self) -> Result<()> {
        match self.holds.now {
            0 => self.sys.fchdir(self.home)?,
            _ => self.sys.chdir(&self.holds.home)?,
        }
        self.person().moved = false;
        Ok(())
    }

    /// `getcwd`: from the lab's directory on.
    fn getcwd(&mut self) -> Done {
        let path = self.sys.getcwd()?;
        Ok(match path.strip_prefix(&self.holds.home[..]) {
            Some(rest) => word::show(&[b".", rest].concat()),
            None => word::show(&path),
        })
    }

    /// Lets go of everything the script holds: everybody is root in the lab's directory again, with no
    /// file open or mapped and no program running.
    ///
    /// # Errors
    /// Of the system calls.
    pub fn release(&mut self) -> Result<()> {
        for program in std::mem::take(&mut self.holds.programs).into_values() {
            self.sys.kill(program)?;
        }
        for map in std::mem::take(&mut self.holds.maps).into_values() {
            let _ = self.sys.unmap(map);
        }
        let root = Cred { userns: self.holds.origin.userns, ..stage::root() };
        let now = self.holds.now;
        for nth in self.holds.people.keys().copied().collect::<Vec<_>>() {
            self.sys.act(nth)?;
            self.holds.now = nth;
            let _ = self.sys.masquerade(&root);
            self.go_home()?;
            for fd in std::mem::take(&mut self.person().fds).into_values() {
                let _ = self.sys.close(fd);
            }
        }
        self.holds.now = now;
        self.sys.act(now)
    }

    /// `as root`, `as 1000:1000`, `as 1000:1000 groups=5,6 caps=CHOWN,FOWNER`.
    fn become_(&mut self, args: &mut Args<'_>) -> Done {
        let who = args.text()?;
        let mut cred = match who.split_once(':') {
            None if who == "root" => Cred::root(),
            Some((uid, gid)) => Cred::user(number(uid)?, number(gid)?),
            None => return Err(Fail::Script("as: root or UID:GID".into())),
        };
        while let Some(word) = args.maybe_text() {
            match word.split_once('=') {
                Some(("groups", list)) => {
                    cred.groups =
                        list.split(',').map(number).collect::<std::result::Result<_, _>>()?;
                }
                Some(("caps", list)) => {
                    for name in list.split(',') {
                        cred.caps = cred.caps.with(capability(name)?);
                    }
                }
                _ => return Err(Fail::Script(format!("as: what is {word}?"))),
            }
        }
        self.sys.masquerade(&cred)?;
        Ok("0".to_owned())
    }

    /// `exec NAME PATH`: runs the program of [`PROGRAM`]; a file of other content is refused by the
    /// kernel, but for one that is almost a program: nobody knows what that would do, and it is not run.
    fn exec(&mut self, args: &mut Args<'_>) -> Done {
        let name = args.text()?.to_owned();
        let path = args.word()?;
        let flags = OpenFlags::NONBLOCK;
        let fd = self.sys.openat(AT_FDCWD, path, flags, 0)?;
        let mut buf = vec![0; 4096];
        let got = self.sys.pread(fd, &mut buf, 0);
        self.sys.close(fd)?;
        // Fifos and devices cannot be read so: the kernel refuses to run them.
        let content = &buf[..got.unwrap_or(0)];
        if content.starts_with(b"#!") || (content.starts_with(b"\x7fELF") && content != PROGRAM) {
            return Ok("not run".into());
        }
        if content == PROGRAM && !program::RUNS && cfg!(not(target_family = "wasm")) {
            return Err(Fail::Script("programs of x86-64 cannot run here".into()));
        }
        let program = self.sys.exec(path)?;
        if let Some(old) = self.holds.programs.insert(name, program) {
            self.sys.kill(old)?;
        }
        Ok("0".into())
    }

    /// `kill NAME`.
    fn kill(&mut self, args: &mut Args<'_>) -> Done {
        let program = self.holds.programs.remove(args.text()?).ok_or(Errno::ESRCH)?;
        self.sys.kill(program)?;
        Ok("0".into())
    }

    /// `map NAME %fd LEN`: the beginning of a file, to be read.
    fn map(&mut self, args: &mut Args<'_>) -> Done {
        let name = args.text()?.to_owned();
        let fd = self.descriptor(args)?;
        let map = self.sys.map(fd, args.number()?)?;
        if let Some(old) = self.holds.maps.insert(name, map) {
            self.sys.unmap(old)?;
        }
        Ok("0".into())
    }

    /// `peek NAME OFF LEN`.
    fn peek(&mut self, args: &mut Args<'_>) -> Done {
        let map = *self.holds.maps.get(args.text()?).ok_or(Errno::EINVAL)?;
        let bytes = self.sys.peek(map, args.number()?, args.number()?)?;
        // A page is zero after the end of its file.
        let end = bytes.iter().rposition(|it| *it != 0).map_or(0, |at| at + 1);
        Ok(format!("{} of {}", word::content(&bytes[..end]), bytes.len()))
    }

    /// `unmap NAME`.
    fn unmap(&mut self, args: &mut Args<'_>) -> Done {
        let map = self.holds.maps.remove(args.text()?).ok_or(Errno::EINVAL)?;
        self.sys.unmap(map)?;
        Ok("0".into())
    }

    /// `store %fd OFF TEXT`: through a shared mapping, as far as the file goes. What lies in its last page
    /// behind its end is nobody's.
    fn store(&mut self, args: &mut Args<'_>) -> Done {
        let fd = self.descriptor(args)?;
        let off: u64 = args.number()?;
        let word = args.word()?;
        let size = self.sys.fstat(fd)?.size;
        let len = size.saturating_sub(off).min(word.len() as u64) as usize;
        Ok(self.sys.store(fd, off, &word[..len])?.to_string())
    }

    /// `%fd r|w|u START LEN [file]`.
    fn range(&mut self, args: &mut Args<'_>) -> std::result::Result<(Fd, RangeLock), Fail> {
        let fd = self.descriptor(args)?;
        let kind = match args.text()? {
            "r" => Flock::Shared,
            "w" => Flock::Exclusive,
            "u" => Flock::Unlock,
            it => return Err(Fail::Script(format!("lock: {it}"))),
        };
        let (start, len) = (args.number()?, args.number()?);
        Ok((fd, RangeLock { kind, start, len, of_file: args.maybe().is_some() }))
    }

    /// `lock %fd r|w|u START LEN [file]`.
    fn lock(&mut self, args: &mut Args<'_>) -> Done {
        let (fd, lock) = self.range(args)?;
        self.sys.lock_range(fd, &lock)?;
        Ok("0".into())
    }

    /// `testlock %fd r|w START LEN [file]`: what is in the way.
    fn test_lock(&mut self, args: &mut Args<'_>) -> Done {
        let (fd, lock) = self.range(args)?;
        Ok(match self.sys.range_in_the_way(fd, &lock)? {
            None => "free".into(),
            Some(it) => {
                let kind = if it.kind == Flock::Exclusive { "w" } else { "r" };
                let of = if it.of_file { " file" } else { "" };
                format!("{kind} {} {}{of}", it.start, it.len)
            }
        })
    }
}

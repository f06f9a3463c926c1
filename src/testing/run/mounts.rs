//! Mounting and unmounting.

use super::{Args, Done, Fail, Run};
use crate::sys::{AT_FDCWD, ms};
use crate::testing::word;
use crate::types::OpenFlags;

impl Run<'_> {
    pub(super) fn mounts(&mut self, verb: &str, args: &mut Args<'_>) -> Option<Done> {
        Some(match verb {
            "mount" => self.mount(args),
            "fsmount" => self.mount_new(args),
            "bind" => self.bind(args),
            "remount" => self.remount(args),
            "umount" => self.umount(args),
            "mounts" => self.shown(),
            _ => return None,
        })
    }

    /// `mount [-n] [-r] [OPTIONS | +MORE] [TARGET]`: the lab's overlay on `m` by default; with `-n`
    /// only if nothing is mounted there.
    fn mount(&mut self, args: &mut Args<'_>) -> Done {
        self.begun = true;
        let mut flags = 0;
        let mut word = args.maybe();
        let only_once = word == Some(b"-n");
        if only_once {
            word = args.maybe();
        }
        if word == Some(b"-r") {
            flags = ms::RDONLY;
            word = args.maybe();
        }
        let mut data = self.lab.data().into_bytes();
        match word.map(|it| (it.strip_prefix(b"+"), it)) {
            None => {}
            Some((Some(more), _)) => {
                data.push(b',');
                data.extend(more);
            }
            Some((None, all)) => data = all.to_vec(),
        }
        let target = args.maybe().unwrap_or(b"m");
        if only_once && target == b"m" && self.mounted {
            return Ok("is mounted".into());
        }
        self.sys.mount(b"overlay", target, b"overlay", flags, &data)?;
        self.mounted |= target == b"m";
        match target {
            b"m" => self.lab.stands_on(&data),
            _ => self.lab.inner.push(String::from_utf8_lossy(target).into_owned()),
        }
        Ok("0".into())
    }

    /// `fsmount KEY=VALUE…` (a key without `=` is a flag): the log comes with an error.
    fn mount_new(&mut self, args: &mut Args<'_>) -> Done {
        self.begun = true;
        let mut config = Vec::new();
        while let Some(word) = args.maybe() {
            let at = word.iter().position(|&b| b == b'=').unwrap_or(word.len());
            let value = word.get(at + 1..).unwrap_or_default().to_vec();
            config.push((word[..at].to_vec(), value));
        }
        match self.sys.mount_new(b"overlay", b"m", b"overlay", &config, 0) {
            Ok(()) => {
                self.mounted = true;
                Ok("0".into())
            }
            Err((errno, log)) if log.is_empty() => Err(Fail::Errno(errno)),
            Err((errno, log)) => Ok(format!("{} {}", errno.name(), log.join(" | "))),
        }
    }

    /// `bind FROM TO [ro]`.
    fn bind(&mut self, args: &mut Args<'_>) -> Done {
        let (from, to) = (args.word()?, args.word()?);
        self.sys.mount(from, to, b"", ms::BIND, b"")?;
        if args.maybe().is_some() {
            self.sys.mount(b"", to, b"", ms::BIND | ms::REMOUNT | ms::RDONLY, b"")?;
        }
        Ok("0".into())
    }

    /// `remount ro|rw [OPTIONS]`.
    fn remount(&mut self, args: &mut Args<'_>) -> Done {
        let ro = match args.text()? {
            "ro" => ms::RDONLY,
            _ => 0,
        };
        let data = args.maybe().unwrap_or_default();
        self.sys.mount(b"overlay", b"m", b"overlay", ms::REMOUNT | ro, data)?;
        Ok("0".into())
    }

    /// `umount [TARGET]`.
    fn umount(&mut self, args: &mut Args<'_>) -> Done {
        let target = args.maybe().unwrap_or(b"m");
        self.sys.umount(target, 0)?;
        if target == b"m" {
            self.mounted = false;
            self.eyes.unmounted();
        }
        Ok("0".into())
    }

    /// The overlay's options in `/proc/mounts`.
    fn shown(&mut self) -> Done {
        let fd = self.sys.openat(AT_FDCWD, b"/proc/mounts", OpenFlags::RDONLY, 0)?;
        let mut all = Vec::new();
        let mut buf = vec![0u8; 65536];
        loop {
            match self.sys.read(fd, &mut buf)? {
                0 => break,
                len => all.extend(&buf[..len]),
            }
        }
        self.sys.close(fd)?;
        let text = String::from_utf8_lossy(&all);
        let mut shown = Vec::new();
        for line in text.lines() {
            let fields: Vec<_> = line.split(' ').collect();
            let ours = |it: &str| it.ends_with("/r/m") || it == "/m";
            if let [_, point, "overlay", options, ..] = fields[..]
                && ours(point)
            {
                shown.push(word::quote(options.as_bytes()));
            }
        }
        Ok(shown.join(" "))
    }
}

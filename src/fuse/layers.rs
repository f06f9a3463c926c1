//! The union of real directories: imported into the machine, mounted there, served, and the upper
//! one written back.

mod export;
mod import;
mod imported;
mod options;
mod source;
mod tar;

use super::host::Host;
use crate::cred::{Caps, Cred};
use crate::errno::Errno;
use crate::fs::FileSystem;
use crate::machine::Machine;
use crate::sys::{AT_FDCWD, Sys, ms};
use crate::types::{FsId, Result};
use import::{Import, Layer};
use options::Options;
use source::Shared;
use std::io;
use std::path::PathBuf;

/// Where the machine has the imported file systems, and their union.
const DISKS: &str = "/layers";
const MERGED: &[u8] = b"/merged";

/// What is needed to write the upper directory back.
pub struct Layers {
    layers: Vec<Layer>,
    /// Upper and work among them.
    writable: Option<(usize, usize)>,
    disks: Vec<FsId>,
    /// The file system of the upper directory as it was imported.
    before: Option<Box<dyn FileSystem>>,
    sources: Shared,
}

impl Layers {
    /// Imports the directories that the options name and serves their union.
    ///
    /// # Errors
    /// What is wrong with options, directories or the mount, in words.
    pub fn mount(options: &[u8]) -> std::result::Result<(Host, Layers), String> {
        let options = Options::parse(options)?;
        more_files();
        if let Some(work) = &options.work {
            let left = work.join(std::str::from_utf8(export::STASH).unwrap_or_default());
            if left.exists() {
                let left = left.display();
                return Err(format!("{left} is left from an interrupted write-back: look there"));
            }
        }
        let Import { layers, disks, sources } = import::import(options.dirs())?;
        let mut machine = Machine::boot();
        Host::real_clock(&mut machine);
        let writable = options.upper.as_ref().map(|_| (layers.len() - 2, layers.len() - 1));
        let upper_disk = writable.map(|(upper, _)| layers[upper].disk);
        let before = upper_disk.and_then(|at| Some(disks.get(at)?.1.snapshot()));
        let said = |err: Errno| err.message().to_owned();
        let mut ids = Vec::new();
        for (at, (dev, fs)) in disks.into_iter().enumerate() {
            let fs = machine.kernel.disks.add(fs);
            // Nobody asks how large it is, but a device without bytes could not be mounted.
            machine.kernel.block.add_disk(dev, &format!("layer{at}"), 1 << 40, fs);
            attach(&mut machine, at, dev).map_err(said)?;
            ids.push(fs);
        }
        mount_union(&mut machine, &options, &layers)?;
        let outside = Box::new(sources.clone());
        let host = Host::new(machine, MERGED, Some(outside)).map_err(said)?;
        Ok((host, Layers { layers, writable, disks: ids, before, sources }))
    }

    /// Unmounts the union and writes the upper directory back.
    ///
    /// # Errors
    /// What went wrong, in words, and where everything is kept.
    pub fn finish(mut self, host: &Host) -> std::result::Result<(), String> {
        let mut state = host.lock();
        let init = state.machine.init();
        let _ = state.machine.kernel.sys(init).umount(MERGED, ms::UMOUNT_DETACH);
        let Some(((upper, work), before)) = self.writable.zip(self.before.take()) else {
            return Ok(());
        };
        let fs = self.disks[self.layers[upper].disk];
        let disk = state.machine.kernel.disks.peek(fs).ok_or("the upper file system is gone")?;
        let export = export::Export {
            layers: [&self.layers[upper], &self.layers[work]],
            before,
            after: disk.snapshot(),
            sources: self.sources.clone(),
        };
        let Err(why) = export.run() else { return Ok(()) };
        let dir = self.layers[upper].path.display();
        let sources = self.sources.clone();
        let root = self.layers[upper].dir;
        let kept = keep(|out| {
            state.machine.kernel.cx(&Cred::root(), |cx| tar::write(out, cx, fs, root, &sources))
        });
        Err(match kept {
            Ok(path) => format!("{dir} was not written back: {why}\nkept in {}", path.display()),
            Err(also) => format!("{dir} was not written back: {why}; nor kept: {also}"),
        })
    }
}

/// Writes an archive into a new file of the folder for temporary files.
fn keep(
    write: impl FnOnce(&mut io::BufWriter<std::fs::File>) -> io::Result<()>,
) -> io::Result<PathBuf> {
    let name = format!("layerglass-upper-{}.tar", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = std::fs::File::options().write(true).create_new(true).open(&path)?;
    write(&mut io::BufWriter::new(file))?;
    Ok(path)
}

/// Mounts an imported file system in the machine.
fn attach(machine: &mut Machine, at: usize, dev: crate::types::Dev) -> Result<()> {
    let init = machine.init();
    let mut sys = machine.kernel.sys(init);
    let (dir, node) = (format!("{DISKS}/{at}"), format!("/dev/layer{at}"));
    match sys.mkdirat(AT_FDCWD, DISKS.as_bytes(), 0o755) {
        Ok(()) | Err(Errno::EEXIST) => {}
        Err(err) => return Err(err),
    }
    sys.mkdirat(AT_FDCWD, dir.as_bytes(), 0o755)?;
    sys.mknodat(AT_FDCWD, node.as_bytes(), 0o060_600, dev)?;
    sys.mount(node.as_bytes(), dir.as_bytes(), b"ext4", ms::RELATIME, b"")
}

fn mount_union(
    machine: &mut Machine,
    options: &Options,
    layers: &[Layer],
) -> std::result::Result<(), String> {
    let path = |it: &Layer| format!("{DISKS}/{}/{}", it.disk, it.name).into_bytes();
    let mut paths = layers.iter().map(path);
    let mut config: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut add = |key: &str, n: usize| {
        for path in paths.by_ref().take(n) {
            config.push((key.into(), path));
        }
    };
    add("lowerdir+", options.lowers.len());
    add("datadir+", options.data.len());
    add("upperdir", usize::from(options.upper.is_some()));
    add("workdir", usize::from(options.work.is_some()));
    config.extend(options.others.iter().cloned());
    let init = machine.init();
    let mut sys = machine.kernel.sys(init);
    sys.mkdirat(AT_FDCWD, MERGED, 0o755).map_err(|err| err.message().to_owned())?;
    // What the union makes for itself (whiteouts, its work directory) belongs to the user who will
    // write it back. In the machine that user may mount.
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let mounter = Cred { caps: Caps::ALL, ..Cred::user(uid, gid) };
    sys.masquerade(&mounter).map_err(|err| err.message().to_owned())?;
    let res = sys.mount_new(b"overlay", MERGED, b"overlay", &config, 0);
    sys.masquerade(&Cred::root()).map_err(|err| err.message().to_owned())?;
    res.map_err(|(err, lines)| {
        let lines = lines.iter().map(|it| it.get(2..).unwrap_or(it).to_owned());
        let logged = machine.kernel.log.iter().map(|(_, line)| line.clone());
        let why: Vec<String> = lines.chain(logged).collect();
        format!("mounting the union: {}\n{}", err.message(), why.join("\n")).trim_end().to_owned()
    })
}

/// Deep trees keep a directory open for each level.
fn more_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

//! The commands of the simulated machine: one file each, known by name.
//!
//! A command touches the machine by system calls alone. Three forms: straight-line ([`Start::Swift`],
//! and [`Start::Patient`] for one that may wait in the middle), streaming ([`filter::Filter`]), and
//! a program of its own.

pub mod common;
pub mod ctx;
pub mod exec;
pub mod filter;
pub mod once;
pub mod record;

mod acl;
mod attr;
mod basename;
mod bash;
mod become_user;
mod btrfs;
mod builtins;
mod cat;
mod chattr;
mod checksum;
mod child;
mod chmod;
mod chown;
mod cmp;
mod cp;
mod cut;
mod date;
mod dd;
mod df;
mod diff;
mod diff_core;
mod dmesg;
mod dmsetup;
#[cfg_attr(not(feature = "containers"), path = "command/without_docker.rs")]
mod docker;
mod du;
mod dump;
pub mod edit;
mod elsewhere;
mod expr;
mod file;
mod find;
mod findmnt;
mod fsck;
mod grep;
#[cfg_attr(not(feature = "containers"), path = "command/without_gzip.rs")]
mod gzip;
mod head;
mod identity;
mod jq;
mod json;
mod lines;
mod ln;
mod lookup;
mod losetup;
mod ls;
mod lsblk;
mod lvm;
mod mkdir;
mod mkfs;
mod mknod;
mod mktemp;
mod mount;
mod names;
mod process;
mod realpath;
mod rm;
mod rmdir;
mod sed;
mod seq;
mod sleep;
mod sort;
mod sort_keys;
mod stat;
mod sync;
mod tail;
#[cfg_attr(not(feature = "containers"), path = "command/without_tar.rs")]
mod tar;
mod tee;
mod thin_tools;
mod timeout;
mod touch;
mod tr;
mod tr_sets;
mod tree;
mod truncate;
mod umount;
mod undo;
mod uniq;
mod wc;
mod xargs;
mod yes;
mod zfs;

use crate::shell::program::Program;
use ctx::Ctx;

/// The main function of a straight-line command; answers its exit status.
pub type Main = fn(&mut Ctx<'_>) -> i32;

/// How a command runs.
#[derive(Clone, Copy)]
pub enum Start {
    /// Straight-line, never waits.
    Swift(Main),
    /// Straight-line, may wait for input.
    Patient(Main),
    /// Anything else.
    Program(fn(Invocation) -> Box<dyn Program>),
    /// Not in this build (see [`rare`]).
    Elsewhere,
}

/// Whose manners a command has (`--version`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    Coreutils,
    Findutils,
    Diffutils,
    Grep,
    Sed,
    UtilLinux,
    Attr,
    Acl,
    E2fsprogs,
    Other(&'static str),
}

impl Package {
    /// Reports errors by error(3), which flushes standard output first.
    fn flushes(self) -> bool {
        matches!(self, Package::Coreutils | Package::Findutils | Package::Diffutils | Package::Grep)
    }
}

/// A command.
pub struct Command {
    pub name: &'static str,
    /// What `--help` prints before its list of options; `{}` stands for the name used.
    pub usage: &'static str,
    /// One line for `help` and the page.
    pub summary: &'static str,
    pub package: Package,
    /// Status after a wrong usage.
    pub trouble: i32,
    pub start: Start,
}

impl Command {
    /// The program that runs this command. `argv` holds the name used first.
    pub fn start(
        &'static self,
        argv: Vec<Vec<u8>>,
        env: Vec<(Vec<u8>, Vec<u8>)>,
    ) -> Box<dyn Program> {
        let mut argv = argv;
        if argv.is_empty() {
            argv.push(self.name.as_bytes().to_vec());
        }
        let wants_help = argv.iter().any(|it| it.len() > 2 && b"--help".starts_with(it));
        let has_help = cfg!(feature = "all-commands") || !wants_help;
        let call = Invocation { command: self, argv, env };
        match self.start {
            _ if !has_help => Box::<elsewhere::Elsewhere>::default(),
            Start::Swift(main) => Box::new(once::Once::swift(call, main)),
            Start::Patient(main) => Box::new(once::Once::patient(call, main)),
            Start::Program(make) => make(call),
            Start::Elsewhere => Box::<elsewhere::Elsewhere>::default(),
        }
    }

    /// The first line of `--version`.
    pub fn version_line(&self) -> String {
        let name = self.name;
        match self.package {
            Package::Coreutils => format!("{name} (GNU coreutils) 9.1"),
            Package::Findutils => format!("{name} (GNU findutils) 4.9.0"),
            Package::Diffutils => format!("{name} (GNU diffutils) 3.8"),
            Package::Grep => format!("{name} (GNU grep) 3.8"),
            Package::Sed => format!("{name} (GNU sed) 4.9"),
            Package::UtilLinux => format!("{name} from util-linux 2.38.1"),
            Package::Attr => format!("{name} 2.5.1"),
            Package::Acl => format!("{name} 2.3.1"),
            Package::E2fsprogs => format!("{name} 1.47.0 (5-Feb-2023)"),
            Package::Other(line) => line.to_string(),
        }
    }
}

/// A command that few lessons need. A page first loads a machine without the feature `all-commands`,
/// in which such a command is known by name alone, and gets the other one when somebody calls it. What
/// only such commands use is then not in the first machine either.
pub const fn rare(command: Command) -> Command {
    if cfg!(feature = "all-commands") {
        command
    } else {
        Command { usage: "", start: Start::Elsewhere, ..command }
    }
}

/// The same for a command whose code is behind a feature that this build does not have: the name has to
/// be there all the same, so that both machines have the same files and the other one can be asked.
pub const fn elsewhere(name: &'static str, summary: &'static str) -> Command {
    let package = Package::Other("");
    Command { name, usage: "", summary, package, trouble: 1, start: Start::Elsewhere }
}

/// One call of a command.
#[derive(Clone)]
pub struct Invocation {
    pub command: &'static Command,
    /// The name used, then the arguments. Never empty.
    pub argv: Vec<Vec<u8>>,
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Invocation {
    /// An environment variable.
    pub fn var(&self, name: &str) -> Option<&[u8]> {
        self.env.iter().find(|(n, _)| n == name.as_bytes()).map(|(_, v)| v.as_slice())
    }
}

/// A usual command as this build has it: the text of `--help`, which it uses for nothing else, is in the
/// machine with all commands.
const fn usual(command: Command) -> Command {
    if cfg!(feature = "all-commands") { command } else { Command { usage: "", ..command } }
}

/// Every command, by name.
pub static COMMANDS: &[&Command] = &[
    &usual(become_user::SU),
    &usual(become_user::RUNUSER),
    &usual(become_user::CHROOT),
    &usual(become_user::UNSHARE),
    &usual(expr::EXPR),
    &usual(expr::NPROC),
    &usual(expr::GETENT),
    &attr::GETFATTR,
    &attr::SETFATTR,
    &acl::GETFACL,
    &acl::SETFACL,
    &usual(chattr::CHATTR),
    &usual(chattr::LSATTR),
    &dmesg::COMMAND,
    &rare(btrfs::COMMAND),
    &rare(btrfs::FILEFRAG),
    &rare(btrfs::MKFS),
    &rare(zfs::ZFS),
    &rare(zfs::ZPOOL),
    &lvm::COMMANDS[0],
    &lvm::COMMANDS[1],
    &lvm::COMMANDS[2],
    &lvm::COMMANDS[3],
    &lvm::COMMANDS[4],
    &lvm::COMMANDS[5],
    &lvm::COMMANDS[6],
    &lvm::COMMANDS[7],
    &lvm::COMMANDS[8],
    &lvm::COMMANDS[9],
    &lvm::COMMANDS[10],
    &lvm::COMMANDS[11],
    &lvm::COMMANDS[12],
    &lvm::COMMANDS[13],
    &lvm::COMMANDS[14],
    &lvm::COMMANDS[15],
    &lvm::COMMANDS[16],
    &lvm::COMMANDS[17],
    &docker::COMMAND,
    &docker::DOCKERD,
    &tar::COMMAND,
    &gzip::GZIP,
    &gzip::GUNZIP,
    &gzip::ZCAT,
    &usual(lookup::TRACE),
    &usual(lookup::EXPLAIN),
    &usual(lookup::LAYERS),
    &usual(fsck::COMMAND),
    &usual(undo::UNDO),
    &usual(undo::REDO),
    &usual(undo::GOTO),
    &usual(undo::CLEAR),
    &usual(edit::VI),
    &usual(edit::VIM),
    &usual(edit::NANO),
    &usual(edit::EDIT),
    &usual(basename::BASENAME),
    &usual(chown::CHGRP),
    &usual(chmod::COMMAND),
    &usual(chown::CHOWN),
    &usual(cp::CP),
    &usual(cp::INSTALL),
    &usual(cp::MV),
    &usual(df::DF),
    &usual(basename::DIRNAME),
    &usual(du::COMMAND),
    &usual(file::COMMAND),
    &findmnt::COMMAND,
    &usual(ln::COMMAND),
    &usual(mkdir::COMMAND),
    &usual(mknod::MKFIFO),
    &usual(mknod::MKNOD),
    &usual(mktemp::COMMAND),
    &mount::COMMAND,
    &usual(realpath::READLINK),
    &usual(realpath::REALPATH),
    &usual(rm::COMMAND),
    &usual(rmdir::COMMAND),
    &usual(stat::COMMAND),
    &usual(sync::COMMAND),
    &usual(touch::COMMAND),
    &usual(tree::COMMAND),
    &usual(truncate::COMMAND),
    &umount::COMMAND,
    &usual(bash::COMMAND),
    &usual(bash::SH),
    &usual(cat::COMMAND),
    &usual(ls::DIR),
    &usual(ls::LS),
    &usual(ls::VDIR),
    &usual(cut::COMMAND),
    &usual(diff::COMMAND),
    &usual(find::COMMAND),
    &usual(grep::COMMAND),
    &usual(head::COMMAND),
    &usual(sed::COMMAND),
    &usual(jq::COMMAND),
    &usual(sort::COMMAND),
    &usual(tail::COMMAND),
    &usual(tr::COMMAND),
    &usual(uniq::COMMAND),
    &usual(wc::COMMAND),
    &usual(xargs::COMMAND),
    &usual(checksum::SHA256SUM),
    &usual(cmp::COMMAND),
    &usual(date::COMMAND),
    &usual(dd::COMMAND),
    &usual(dump::OD),
    &usual(dump::XXD),
    &dump::HEXDUMP,
    &dump::HD,
    &usual(dump::BASE64),
    &usual(identity::ID),
    &usual(identity::WHOAMI),
    &usual(identity::GROUPS),
    &usual(identity::HOSTNAME),
    &usual(identity::UNAME),
    &usual(lines::TAC),
    &usual(lines::REV),
    &usual(lines::NL),
    &usual(lines::PASTE),
    &usual(lines::COMM),
    &usual(lines::FOLD),
    &usual(seq::COMMAND),
    &usual(sleep::COMMAND),
    &usual(tee::COMMAND),
    &usual(timeout::COMMAND),
    &usual(yes::COMMAND),
    &usual(builtins::ECHO),
    &usual(builtins::PRINTF),
    &usual(builtins::TEST),
    &usual(builtins::BRACKET),
    &usual(builtins::TRUE),
    &usual(builtins::FALSE),
    &usual(builtins::PWD),
    &usual(builtins::KILL),
    &usual(names::WHICH),
    &usual(names::LINK),
    &usual(names::UNLINK),
    &usual(names::MOUNTPOINT),
    &usual(process::ENV),
    &usual(process::PRINTENV),
    &usual(process::NOHUP),
    &usual(process::NICE),
    &usual(process::SUDO),
    // Block devices: after all others, whose files keep their numbers.
    &losetup::COMMAND,
    &lsblk::LSBLK,
    &lsblk::BLKID,
    &mkfs::MKFS,
    &mkfs::MKFS_EXT4,
    &mkfs::MKE2FS,
    &dmsetup::COMMAND,
    &dmsetup::FSTRIM,
    &thin_tools::THIN_LS,
    &thin_tools::THIN_CHECK,
];

/// Runs a straight-line command to its end on any system calls: its output in order, its status.
/// `None` for a command that is more than that.
pub fn run_straight(
    call: &Invocation,
    sys: &mut dyn crate::sys::Sys,
) -> Option<(ctx::Segments, i32)> {
    let (Start::Swift(main) | Start::Patient(main)) = call.command.start else { return None };
    let mut ctx = Ctx::new(sys, call);
    let status = main(&mut ctx);
    Some((ctx.finish().0, status))
}

/// The command called `name`; programs that only images have are known too.
pub fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().chain(docker::PROGRAMS).find(|c| c.name == name).copied()
}

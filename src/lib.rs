//! Layerglass: a virtual union file system that behaves like Linux OverlayFS, with the machine around it: a
//! small kernel, bash with the tools of Debian 12, and Docker on top. No clock, no randomness, no
//! environment, no file of the host: the same commands give the same machine everywhere, also in
//! WebAssembly.
//!
//! # A machine
//!
//! [`machine::Machine`] is a simulated computer. What a script prints is what bash would print:
//!
//! ```
//! use layerglass::machine::Machine;
//!
//! let mut machine = Machine::boot();
//! let outcome = machine.run_script(
//!     b"cd /srv; mkdir lower upper work merged; echo hello > lower/a
//!       mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
//!       rm merged/a; ls -l upper | tail -n 1 | cut -c 1-10; cat lower/a",
//! );
//! assert_eq!(outcome.stdout(), b"c---------\nhello\n");
//! ```
//!
//! # Why it did that
//!
//! An [`Errno`](errno::Errno) says what, the [`trace`] says why: every lookup, decision and write is a typed
//! step, and a decision names its [`Rule`](trace::Rule), which is also a chapter of `docs/SEMANTICS.md` and
//! the name of what a real kernel was recorded to do.
//!
//! ```
//! # use layerglass::machine::Machine;
//! use layerglass::trace::{Rule, Step};
//!
//! let mut machine = Machine::boot();
//! machine.run_script(
//!     b"cd /srv; mkdir -p lower upper work merged; echo hello > lower/a
//!       mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged",
//! );
//! machine.kernel.trace.set_on(true);
//! machine.run_script(b"rm /srv/merged/a");
//! let rules: Vec<Rule> = machine.kernel.trace.take().iter().filter_map(|step| match step {
//!     Step::Decide { rule, .. } => Some(*rule),
//!     _ => None,
//! }).collect();
//! assert!(rules.contains(&Rule::RemoveWhiteout), "{rules:?}");
//! ```
//!
//! # System calls
//!
//! Below the shell there is a kernel with processes. [`sys::Sys`] is its system calls as one process sees
//! them; [`fs::FileSystem`] is a file system at inode level, such as [`memfs`] and [`overlay`], and the only
//! seam between them.
//!
//! ```
//! use layerglass::errno::Errno;
//! use layerglass::machine::Machine;
//! use layerglass::sys::{AT_FDCWD, Sys};
//!
//! let mut machine = Machine::boot();
//! let init = machine.init();
//! let mut sys = machine.kernel.sys(init);
//! assert_eq!(sys.mkdirat(AT_FDCWD, b"/srv/a", 0o755), Ok(()));
//! assert_eq!(sys.mkdirat(AT_FDCWD, b"/srv/a", 0o755), Err(Errno::EEXIST));
//! ```
//!
//! # Time, pictures, lessons
//!
//! [`machine::journal`] keeps a snapshot after each command: undo, redo, another future. [`view`] is the machine
//! as plain data for any screen, [`scenario`] a lesson with goals, [`port`] the messages between a page and a
//! machine.
//!
//! # Features
//!
//! `cli` (default) is the command line and the comparison with the live kernel; `fuse` (default, Linux) mounts
//! the machine on the real system; `containers` brings images, storage drivers and Docker; `all-commands`
//! (default) the commands that few need; `wasm` the machine for JavaScript; `typescript` the declarations of
//! it; `testing` the recorder and the comparators. A library takes `default-features = false`
//! and `all-commands`.

#[cfg(feature = "all-commands")]
pub mod aufs;
pub mod block;
pub mod cred;
#[cfg(feature = "containers")]
pub mod drivers;
pub mod errno;
pub mod fs;
#[cfg(all(feature = "fuse", target_os = "linux"))]
pub mod fuse;
#[cfg(all(any(feature = "cli", feature = "fuse"), target_os = "linux"))]
pub mod kernel;
pub mod limits;
pub mod machine;
pub mod memfs;
#[cfg(feature = "containers")]
pub mod oci;
pub mod overlay;
pub mod pool;
pub mod port;
#[cfg(feature = "containers")]
pub mod rivals;
pub mod scenario;
pub mod share;
pub mod shell;
pub mod store;
pub mod survey;
pub mod sys;
#[cfg(any(feature = "containers", feature = "fuse"))]
pub mod tar;
#[cfg(feature = "testing")]
pub mod testing;
pub mod thin;
pub mod trace;
pub mod types;
pub mod vfs;
pub mod view;
pub mod volumes;
#[cfg(feature = "wasm")]
pub mod wasm;

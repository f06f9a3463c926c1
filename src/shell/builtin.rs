//! The builtins of the shell, by name.

use super::ast::Str;
use super::interp::{Frame, Interp};
use super::os::Os;

pub mod control;
pub mod declare;
pub mod dirs;
pub mod echo;
pub mod info;
pub mod jobs;
pub mod options;
pub mod printf;
pub mod read;
pub mod start;
pub mod test;

/// What a builtin answers.
pub enum Ret {
    /// It is done, with this status.
    Status(i32),
    /// It changed the stack; the status comes later.
    Moved,
}

/// A builtin.
pub struct Builtin {
    pub name: &'static str,
    pub run: Run,
}

type Run = fn(&mut Interp, &mut Os<'_>, &[Str]) -> Ret;

/// A builtin that few lessons need, as [`rare`](super::command::rare) commands are.
const fn rare(run: Run) -> Run {
    if cfg!(feature = "all-commands") { run } else { elsewhere }
}

fn elsewhere(sh: &mut Interp, _: &mut Os<'_>, _: &[Str]) -> Ret {
    sh.stack.push(Frame::Elsewhere(false));
    Ret::Moved
}

macro_rules! table {
    ($($name:literal => $f:expr),* $(,)?) => {
        /// Every builtin, sorted.
        pub static BUILTINS: &[Builtin] = &[$(Builtin { name: $name, run: $f }),*];
    };
}

table! {
    "." => control::source,
    ":" => control::truth,
    "[" => test::bracket,
    "alias" => info::alias,
    "bg" => rare(jobs::bg),
    "break" => control::break_,
    "builtin" => info::builtin,
    "caller" => rare(info::caller),
    "cd" => dirs::cd,
    "command" => info::command,
    "continue" => control::continue_,
    "declare" => rare(declare::declare),
    "dirs" => rare(dirs::dirs),
    "disown" => rare(jobs::disown),
    "echo" => echo::echo,
    "enable" => rare(info::enable),
    "eval" => control::eval,
    "exec" => control::exec,
    "exit" => control::exit,
    "export" => rare(declare::export),
    "false" => control::falsity,
    "fg" => rare(jobs::fg),
    "getopts" => rare(options::getopts),
    "hash" => rare(info::hash),
    "help" => info::help,
    "history" => info::history,
    "jobs" => rare(jobs::jobs),
    "kill" => jobs::kill,
    "let" => rare(control::let_),
    "local" => rare(declare::local),
    "logout" => control::exit,
    "mapfile" => rare(read::mapfile),
    "popd" => rare(dirs::popd),
    "printf" => rare(printf::printf),
    "pushd" => rare(dirs::pushd),
    "pwd" => dirs::pwd,
    "read" => read::read,
    "readarray" => rare(read::mapfile),
    "readonly" => rare(declare::readonly),
    "return" => control::return_,
    "set" => options::set,
    "shift" => options::shift,
    "shopt" => rare(options::shopt),
    "source" => control::source,
    "suspend" => control::truth,
    "test" => test::test,
    "times" => rare(info::times),
    "trap" => rare(jobs::trap),
    "true" => control::truth,
    "type" => info::type_,
    "typeset" => rare(declare::declare),
    "ulimit" => rare(options::ulimit),
    "umask" => options::umask,
    "unalias" => info::unalias,
    "unset" => rare(declare::unset),
    "wait" => jobs::wait,
}

/// The builtin called so.
pub fn find(name: &[u8]) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|b| b.name.as_bytes() == name)
}

/// `:`.
pub fn colon() -> &'static Builtin {
    &BUILTINS[1]
}

impl Interp {
    /// `NAME: message` with the usual prefix; the status given.
    pub fn usage(&mut self, os: &mut Os<'_>, name: &str, message: &str, status: i32) -> Ret {
        self.complain(os, &format!("{name}: {message}"));
        Ret::Status(status)
    }

    /// An option that does not exist, and the usage line.
    pub fn bad_option(&mut self, os: &mut Os<'_>, name: &str, opt: &str, usage: &str) -> Ret {
        self.complain(os, &format!("{name}: {opt}: invalid option"));
        self.emit(os, 2, format!("{name}: usage: {usage}\n"), None);
        Ret::Status(2)
    }
}

//! The builtins of the shell, by name.

use super::ast::Str;
use super::interp::Interp;
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
    pub run: fn(&mut Interp, &mut Os<'_>, &[Str]) -> Ret,
}

macro_rules! table {
    ($($name:literal => $f:path),* $(,)?) => {
        /// Every builtin, sorted.
        pub static BUILTINS: &[Builtin] = &[$(Builtin { name: $name, run: $f }),*];
    };
}

table! {
    "." => control::source,
    ":" => control::truth,
    "[" => test::bracket,
    "alias" => info::alias,
    "bg" => jobs::bg,
    "break" => control::break_,
    "builtin" => info::builtin,
    "caller" => info::caller,
    "cd" => dirs::cd,
    "command" => info::command,
    "continue" => control::continue_,
    "declare" => declare::declare,
    "dirs" => dirs::dirs,
    "disown" => jobs::disown,
    "echo" => echo::echo,
    "enable" => info::enable,
    "eval" => control::eval,
    "exec" => control::exec,
    "exit" => control::exit,
    "export" => declare::export,
    "false" => control::falsity,
    "fg" => jobs::fg,
    "getopts" => options::getopts,
    "hash" => info::hash,
    "help" => info::help,
    "history" => info::history,
    "jobs" => jobs::jobs,
    "kill" => jobs::kill,
    "let" => control::let_,
    "local" => declare::local,
    "logout" => control::exit,
    "mapfile" => read::mapfile,
    "popd" => dirs::popd,
    "printf" => printf::printf,
    "pushd" => dirs::pushd,
    "pwd" => dirs::pwd,
    "read" => read::read,
    "readarray" => read::mapfile,
    "readonly" => declare::readonly,
    "return" => control::return_,
    "set" => options::set,
    "shift" => options::shift,
    "shopt" => options::shopt,
    "source" => control::source,
    "suspend" => control::truth,
    "test" => test::test,
    "times" => info::times,
    "trap" => jobs::trap,
    "true" => control::truth,
    "type" => info::type_,
    "typeset" => declare::declare,
    "ulimit" => options::ulimit,
    "umask" => options::umask,
    "unalias" => info::unalias,
    "unset" => declare::unset,
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

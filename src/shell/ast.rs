//! The syntax tree of the shell language: plain shared data, made by `parse` and walked by `interp`.
//! It never holds state of a running command, so one tree serves any number of processes.

use std::sync::{Arc, OnceLock};

/// Text of the simulated machine: bytes, as on Linux.
pub type Str = Vec<u8>;

/// One shell word: its parts and the source text it came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Word {
    /// What the word is made of, in order.
    pub parts: Vec<Part>,
    /// The source text.
    pub raw: Str,
    /// Set when the word is an assignment argument of `declare` and its kin.
    pub assign: Option<Arc<Assign>>,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Unquoted text: globs, braces and tildes are alive in it.
    Lit(Str),
    /// Text that was quoted with `'…'`, `$'…'` or a backslash.
    Quoted(Str),
    /// Contents of `"…"`.
    Double(Vec<Part>),
    /// `$x` and `${x…}`.
    Param(Arc<Param>),
    /// `$(…)` and backquotes.
    Command(Arc<Subst>),
    /// `$((…))`.
    Arith(Arc<Word>),
    /// `<(…)` and `>(…)`.
    Process(Arc<ProcessSub>),
}

/// The body of a command substitution.
#[derive(Clone, Debug, PartialEq)]
pub enum Subst {
    /// `$(…)`: parsed with the command around it.
    Parsed(Arc<List>),
    /// Backquotes: parsed when it runs; the line it stands on.
    Text(Str, u32),
}

/// A process substitution.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessSub {
    /// True for `>(…)`.
    pub write: bool,
    /// What runs.
    pub body: Arc<List>,
}

/// A parameter expansion.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Name, number or special character.
    pub name: Str,
    /// `[…]` after the name.
    pub index: Index,
    /// `${!name…}`.
    pub indirect: bool,
    /// What is done with the value.
    pub op: ParamOp,
    /// Source text, for messages.
    pub raw: Str,
}

/// The subscript of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Index {
    /// No subscript.
    None,
    /// `[@]` or `[*]`.
    All(u8),
    /// Any other subscript.
    At(Word),
}

/// The operation of a parameter expansion.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamOp {
    /// Just the value.
    Get,
    /// `${#x}`.
    Length,
    /// `${!x[@]}`.
    Keys,
    /// `${!prefix*}` and `${!prefix@}`.
    Prefix(u8),
    /// `-`, `=`, `?`, `+`, with or without the colon.
    Default {
        /// The colon was there: empty counts as unset.
        colon: bool,
        /// Which of the four.
        kind: u8,
        /// The other value.
        word: Word,
    },
    /// `#`, `##`, `%`, `%%`.
    Trim {
        /// From the front.
        front: bool,
        /// The longest match.
        long: bool,
        /// What is removed.
        pat: Word,
    },
    /// `/`, `//`, `/#`, `/%`.
    Replace {
        /// `/` one, `a` all, `#` at the start, `%` at the end.
        mode: u8,
        /// What is sought.
        pat: Word,
        /// What stands in its place.
        rep: Option<Word>,
    },
    /// `:offset:length`.
    Slice(Word, Option<Word>),
    /// `^`, `^^`, `,`, `,,`, `~`, `~~`.
    Case {
        /// `^`, `,` or `~`.
        kind: u8,
        /// Every character.
        all: bool,
        /// Which characters.
        pat: Option<Word>,
    },
    /// `@Q` and its kin.
    Transform(u8),
    /// Not a valid expansion: an error when it is reached.
    Bad,
}

/// Commands one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// The commands.
    pub items: Vec<Item>,
}

/// One and-or list with the way it is run.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The first pipeline.
    pub first: Arc<Pipeline>,
    /// `&&` (true) or `||` (false) and the next pipeline.
    pub rest: Vec<(bool, Arc<Pipeline>)>,
    /// Ended by `&`.
    pub background: bool,
}

/// Commands joined by `|`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// `!` before it.
    pub bang: bool,
    /// `time` before it; true for `time -p`.
    pub time: Option<bool>,
    /// The commands.
    pub cmds: Vec<Arc<Command>>,
}

/// A command with its redirections.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What it is.
    pub kind: Kind,
    /// Its redirections, in order.
    pub redirs: Vec<Redir>,
    /// The line it starts on.
    pub line: u32,
}

/// The kinds of command.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `coproc NAME command`.
    Coproc(Arc<Coproc>),
    /// Assignments and words.
    Simple {
        /// `name=value` before the words.
        assigns: Vec<Arc<Assign>>,
        /// The words.
        words: Vec<Word>,
    },
    /// `{ …; }`.
    Group(Arc<List>),
    /// `( … )`.
    Subshell(Arc<List>),
    /// `if … fi`.
    If {
        /// Conditions with what follows `then`.
        branches: Vec<(Arc<List>, Arc<List>)>,
        /// `else`.
        otherwise: Option<Arc<List>>,
    },
    /// `while` and `until`.
    While {
        /// It is `until`.
        until: bool,
        /// The condition.
        cond: Arc<List>,
        /// The body.
        body: Arc<List>,
    },
    /// `for x in …` and `select x in …`.
    For {
        /// The variable.
        var: Str,
        /// The words; none means `"$@"`.
        words: Option<Vec<Word>>,
        /// The body.
        body: Arc<List>,
        /// It is `select`.
        select: bool,
    },
    /// `for ((…; …; …))`.
    ArithFor {
        /// The three expressions.
        exprs: [Word; 3],
        /// The body.
        body: Arc<List>,
    },
    /// `case`.
    Case {
        /// What is compared.
        word: Word,
        /// The arms.
        arms: Vec<Arm>,
    },
    /// A function definition.
    Function(Arc<Function>),
    /// `[[ … ]]`.
    Cond(Arc<Cond>),
    /// `(( … ))`.
    Arith(Word),
}

/// One arm of a `case`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Patterns.
    pub pats: Vec<Word>,
    /// What runs.
    pub body: Arc<List>,
    /// `;` for `;;`, `&` for `;&`, `t` for `;;&`.
    pub end: u8,
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: Str,
    /// Its body with the redirections.
    pub body: Arc<Command>,
    /// The line of its definition.
    pub line: u32,
}

/// A conditional expression of `[[ … ]]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Cond {
    /// `! x`.
    Not(Arc<Cond>),
    /// `x && y`.
    And(Arc<Cond>, Arc<Cond>),
    /// `x || y`.
    Or(Arc<Cond>, Arc<Cond>),
    /// `( x )`: kept for `declare -f`.
    Paren(Arc<Cond>),
    /// `-f x`, and a lone word as `-n x`.
    Unary(Str, Word),
    /// `x = y` and so on.
    Binary(Str, Word, Word),
}

/// An assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Assign {
    /// The variable.
    pub name: Str,
    /// `name[index]=`.
    pub index: Option<Word>,
    /// `+=`.
    pub append: bool,
    /// The value.
    pub value: Value,
}

/// The right side of an assignment.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One word.
    Scalar(Word),
    /// `( … )`.
    Array(Vec<Element>),
}

/// An element of an array assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// `[index]=`.
    pub index: Option<Word>,
    /// `[index]+=`.
    pub append: bool,
    /// The value.
    pub word: Word,
}

/// Which descriptor a redirection is about.
#[derive(Clone, Debug, PartialEq)]
pub enum RedirFd {
    /// The operator's own.
    Default,
    /// `3>`.
    Number(i32),
    /// `{name}>`.
    Var(Str),
}

/// A redirection.
#[derive(Clone, Debug, PartialEq)]
pub struct Redir {
    /// The descriptor.
    pub fd: RedirFd,
    /// What is done.
    pub op: RedirOp,
    /// File name, descriptor or here-string.
    pub word: Word,
    /// The text of a here-document.
    pub doc: Option<Arc<OnceLock<HereDoc>>>,
}

/// The redirection operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirOp {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>|`
    Clobber,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&`
    DupIn,
    /// `>&`
    DupOut,
    /// `&>`
    Both,
    /// `&>>`
    BothAppend,
    /// `<<` (`true`: `<<-`)
    Here(bool),
    /// `<<<`
    HereString,
}

/// The body of a here-document.
#[derive(Clone, Debug, PartialEq)]
pub struct HereDoc {
    /// The text, expanded as in double quotes unless the delimiter was quoted.
    pub body: Word,
    /// The delimiter as written without its quotes.
    pub delim: Str,
    /// The delimiter was quoted.
    pub quoted: bool,
}

impl Assign {
    /// It sets one value, not a whole array.
    pub fn is_scalar(&self) -> bool {
        matches!(self.value, Value::Scalar(_))
    }
}

/// A command that runs beside the shell, with pipes to and from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Coproc {
    /// The array that holds its descriptors.
    pub name: Str,
    pub body: Arc<Command>,
}

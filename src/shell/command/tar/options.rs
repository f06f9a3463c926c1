//! The arguments of `tar`.

use super::super::common::args::{self, Given};
use super::super::common::mode::ModeSpec;
use super::super::common::{quote, time};
use super::super::ctx::Ctx;
use super::form::Form;
use crate::types::Timespec;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Create,
    Extract,
    List,
    Compare,
    Append,
    Update,
}

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    None,
    Gzip,
    /// A program that the machine does not have.
    Other(&'static str),
}

/// What becomes of files that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    Replaced,
    Overwritten,
    Kept,
    Skipped,
}

/// A file or a member that was named, and the directory that it is looked for in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: Vec<u8>,
    /// As `-C` said, one after the other; empty: where tar was started.
    pub dir: Vec<u8>,
}

/// An owner or a group that entries are said to have; a name that nobody has leaves the number as it is.
#[derive(Clone, Debug)]
pub struct Whose {
    pub id: Option<u32>,
    pub name: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Options {
    pub mode: Mode,
    /// `-`: standard input or output.
    pub file: Vec<u8>,
    pub packing: Packing,
    pub verbose: usize,
    pub named: Vec<Named>,
    /// Where everything goes that no `Named` says otherwise of.
    pub dir: Vec<u8>,
    pub excluded: Vec<Vec<u8>>,
    pub form: Form,
    pub xattrs: bool,
    pub xattrs_include: Vec<Vec<u8>>,
    pub xattrs_exclude: Vec<Vec<u8>>,
    pub numeric: bool,
    pub absolute: bool,
    pub recursive: bool,
    pub dereference: bool,
    pub one_file_system: bool,
    pub by_name: bool,
    pub owner: Option<Whose>,
    pub group: Option<Whose>,
    pub perms: Option<ModeSpec>,
    pub mtime: Option<Timespec>,
    pub remove: bool,
    pub totals: bool,
    pub full_time: bool,
    pub old: Old,
    /// `None`: as the user is root or not.
    pub same_owner: Option<bool>,
    pub same_permissions: Option<bool>,
    pub touch: bool,
    pub to_stdout: bool,
    pub strip: usize,
    pub wildcards: bool,
}

/// In the order of the command line: `-C` and `-T` count from where they stand.
const TABLE: &str = "+ A|catenate c|create d|diff r|append t|list u|update x|extract |get |compare |delete \
    f|file= v|verbose z|gzip |gunzip |ungzip j|bzip2 J|xz Z|compress |zstd |lzma |lzip a|auto-compress C|directory= \
    p|preserve-permissions |same-permissions |no-same-permissions |same-owner o|no-same-owner k|keep-old-files \
    |skip-old-files |overwrite U|unlink-first m|touch O|to-stdout P|absolute-names T|files-from= |null \
    X|exclude-from= |exclude= |strip-components= |xattrs |no-xattrs |xattrs-include= |xattrs-exclude= |acls |selinux \
    |numeric-owner |owner= |group= |mode= |mtime= |sort= H|format= |posix |pax-option= |no-recursion |recursion \
    h|dereference |hard-dereference |one-file-system l|check-links |remove-files |totals=? |full-time |utc \
    |wildcards |no-wildcards |anchored |no-anchored |no-wildcards-match-slash |wildcards-match-slash S|sparse \
    b|blocking-factor= B|read-full-records i|ignore-zeros R|block-number w|interactive W|verify |ignore-failed-read \
    |warning= |keep-directory-symlink |no-overwrite-dir |overwrite-dir |atime-preserve=? |record-size= \
    s|transform= |xform= g|listed-incremental= |to-command= I|use-compress-program= n|seek |no-seek \
    |checkpoint=? |delay-directory-restore |no-delay-directory-restore |show-transformed-names \
    |exclude-vcs |exclude-caches |no-auto-compress |force-local |usage";

/// Letters of the old form that take a word.
const WITH_WORD: &[u8] = b"fCTXHbsgI";

/// A name as GNU tar shows it: what cannot be printed, and the backslash, as escapes.
pub fn shown(name: &[u8]) -> String {
    quote::c_escape(name, false)
}

/// `xvf a.tar` is `-x -v -f a.tar`.
fn modern(args: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, String> {
    let Some(first) = args.first().filter(|it| !it.is_empty() && !it.starts_with(b"-")) else {
        return Ok(args.to_vec());
    };
    let (mut new, mut rest) = (Vec::new(), args[1..].iter());
    for &letter in first {
        new.push(vec![b'-', letter]);
        if WITH_WORD.contains(&letter) {
            let Some(word) = rest.next() else {
                return Err(format!("Old option '{}' requires an argument.", char::from(letter)));
            };
            new.push(word.clone());
        }
    }
    new.extend(rest.cloned());
    Ok(new)
}

/// Everything on the command line, options and names in their order.
enum Word {
    Option(Given),
    Name(Vec<u8>),
}

fn words(args: &[Vec<u8>]) -> Result<Vec<Word>, String> {
    let (mut words, mut args) = (Vec::new(), args.to_vec());
    loop {
        let over = args.iter().position(|it| it == b"--");
        let parsed = args::parse(TABLE, &args)?;
        words.extend(parsed.options.into_iter().map(Word::Option));
        let mut rest = parsed.operands.into_iter();
        let Some(name) = rest.next() else { return Ok(words) };
        let left: Vec<Vec<u8>> = rest.collect();
        words.push(Word::Name(name));
        if over.is_some_and(|at| args.len() - left.len() > at + 1) {
            words.extend(left.into_iter().map(Word::Name));
            return Ok(words);
        }
        args = left;
    }
}

/// Reads the arguments; says what is wrong with them.
///
/// # Errors
/// The status to end with.
pub fn read(ctx: &mut Ctx<'_>) -> Result<Options, i32> {
    let words = modern(ctx.args()).map_err(|why| bad(ctx, &why, 2))?;
    let words = self::words(&words).map_err(|why| bad(ctx, &why, 64))?;
    for word in &words {
        if let Word::Option(given) = word
            && ctx.tells_of_itself(given.id)
        {
            return Err(0);
        }
    }
    let mut reading =
        Reading { options: fresh(), modes: Vec::new(), null: false, automatic: false };
    for word in words {
        match word {
            Word::Name(name) => reading.name(name),
            Word::Option(given) => reading.option(ctx, &given)?,
        }
    }
    reading.done(ctx)
}

fn bad(ctx: &mut Ctx<'_>, why: &str, status: i32) -> i32 {
    ctx.warn(why);
    let prog = ctx.prog();
    ctx.err(format!("Try '{prog} --help' or '{prog} --usage' for more information.\n"));
    status
}

fn fatal(ctx: &mut Ctx<'_>, why: impl std::fmt::Display) -> i32 {
    ctx.warn(why);
    ctx.warn(super::FATAL);
    2
}

fn fresh() -> Options {
    Options {
        mode: Mode::List,
        file: b"-".to_vec(),
        packing: Packing::None,
        verbose: 0,
        named: Vec::new(),
        dir: Vec::new(),
        excluded: Vec::new(),
        form: Form::Gnu,
        xattrs: false,
        xattrs_include: Vec::new(),
        xattrs_exclude: Vec::new(),
        numeric: false,
        absolute: false,
        recursive: true,
        dereference: false,
        one_file_system: false,
        by_name: false,
        owner: None,
        group: None,
        perms: None,
        mtime: None,
        remove: false,
        totals: false,
        full_time: false,
        old: Old::Replaced,
        same_owner: None,
        same_permissions: None,
        touch: false,
        to_stdout: false,
        strip: 0,
        wildcards: false,
    }
}

struct Reading {
    options: Options,
    modes: Vec<Mode>,
    null: bool,
    /// Packing follows the name of the archive.
    automatic: bool,
}

impl Reading {
    fn name(&mut self, name: Vec<u8>) {
        let dir = self.options.dir.clone();
        self.options.named.push(Named { name, dir });
    }

    fn option(&mut self, ctx: &mut Ctx<'_>, given: &Given) -> Result<(), i32> {
        if self.mode(given.id) || self.flag(given.id) || self.packing(given.id) {
            return Ok(());
        }
        let options = &mut self.options;
        match given.id {
            "f" => options.file = given.bytes().to_vec(),
            "C" => options.dir = super::pick::below(&options.dir, given.bytes()),
            "T" => self.files_from(ctx, given.bytes())?,
            "X" => {
                let text = input(ctx, given.bytes())?;
                options.excluded.extend(lines(&text, b'\n'));
            }
            "exclude" => options.excluded.push(given.bytes().to_vec()),
            "exclude-vcs" => {
                options.excluded.extend([".git", ".svn", ".hg"].map(|it| it.as_bytes().to_vec()));
            }
            "xattrs-include" => {
                options.xattrs = true;
                options.xattrs_include.push(given.bytes().to_vec());
            }
            "xattrs-exclude" => {
                options.xattrs = true;
                options.xattrs_exclude.push(given.bytes().to_vec());
            }
            "strip-components" => {
                let number = args::number(given.bytes());
                options.strip = match number.and_then(|it| usize::try_from(it).ok()) {
                    Some(number) => number,
                    None => {
                        let what = given.text();
                        return Err(bad(ctx, &format!("{what}: Invalid number of elements"), 2));
                    }
                };
            }
            _ => self.described(ctx, given)?,
        }
        Ok(())
    }

    /// What the entries of a new archive say other than their files.
    fn described(&mut self, ctx: &mut Ctx<'_>, given: &Given) -> Result<(), i32> {
        let options = &mut self.options;
        let text = given.text();
        match given.id {
            "owner" => options.owner = Some(whose(ctx, &text, true)?),
            "group" => options.group = Some(whose(ctx, &text, false)?),
            "mode" => match ModeSpec::parse(given.bytes()) {
                Some(spec) => options.perms = Some(spec),
                None => return Err(fatal(ctx, "Invalid mode given on option")),
            },
            "mtime" => {
                let now = ctx.sys.clock();
                let parsed = match given.bytes() {
                    path @ [b'/' | b'.', ..] => ctx.stat(path).ok().map(|it| it.mtime),
                    text => time::parse(text, now),
                };
                match parsed {
                    Some(time) => options.mtime = Some(time),
                    None => {
                        let why = format!(
                            "Substituting -9223372036854775808 for unknown date format {}",
                            quote::locale(given.bytes())
                        );
                        return Err(fatal(ctx, why));
                    }
                }
            }
            "sort" => match text.as_str() {
                "name" => options.by_name = true,
                "none" | "inode" => options.by_name = false,
                _ => {
                    return Err(bad(
                        ctx,
                        &format!("invalid argument {} for '--sort'", quote::locale(given.bytes())),
                        2,
                    ));
                }
            },
            "H" => match Form::named(&text) {
                Some(form) => options.form = form,
                None => return Err(bad(ctx, &format!("{text}: Invalid archive format"), 2)),
            },
            "s"
            | "transform"
            | "xform"
            | "g"
            | "listed-incremental"
            | "to-command"
            | "I"
            | "use-compress-program"
            | "A"
            | "delete"
            | "w" => {
                let long = if given.id.len() == 1 {
                    format!("-{}", given.id)
                } else {
                    format!("--{}", given.id)
                };
                ctx.warn(format!(
                    "{long}: not simulated; unpack, change the files and pack them again"
                ));
                return Err(2);
            }
            // The rest is about tapes, speed and warnings.
            _ => {}
        }
        Ok(())
    }

    fn mode(&mut self, id: &str) -> bool {
        let mode = match id {
            "c" => Mode::Create,
            "x" | "get" => Mode::Extract,
            "t" => Mode::List,
            "d" | "compare" => Mode::Compare,
            "r" => Mode::Append,
            "u" => Mode::Update,
            _ => return false,
        };
        if !self.modes.contains(&mode) {
            self.modes.push(mode);
        }
        true
    }

    fn packing(&mut self, id: &str) -> bool {
        self.options.packing = match id {
            "z" | "gzip" | "gunzip" | "ungzip" => Packing::Gzip,
            "j" => Packing::Other("bzip2"),
            "J" => Packing::Other("xz"),
            "Z" => Packing::Other("compress"),
            "zstd" => Packing::Other("zstd"),
            "lzma" => Packing::Other("lzma"),
            "lzip" => Packing::Other("lzip"),
            "a" => {
                self.automatic = true;
                return true;
            }
            _ => return false,
        };
        true
    }

    fn flag(&mut self, id: &str) -> bool {
        let options = &mut self.options;
        match id {
            "v" => options.verbose += 1,
            "p" | "same-permissions" => options.same_permissions = Some(true),
            "no-same-permissions" => options.same_permissions = Some(false),
            "same-owner" => options.same_owner = Some(true),
            "o" => options.same_owner = Some(false),
            "k" => options.old = Old::Kept,
            "skip-old-files" => options.old = Old::Skipped,
            "overwrite" => options.old = Old::Overwritten,
            "U" => options.old = Old::Replaced,
            "m" => options.touch = true,
            "O" => options.to_stdout = true,
            "P" => options.absolute = true,
            "null" => self.null = true,
            "xattrs" => options.xattrs = true,
            "no-xattrs" => options.xattrs = false,
            "numeric-owner" => options.numeric = true,
            "posix" => options.form = Form::Posix,
            "no-recursion" => options.recursive = false,
            "recursion" => options.recursive = true,
            "h" => options.dereference = true,
            "one-file-system" => options.one_file_system = true,
            "remove-files" => options.remove = true,
            "totals" => options.totals = true,
            "full-time" => options.full_time = true,
            "wildcards" => options.wildcards = true,
            "no-wildcards" => options.wildcards = false,
            _ => return false,
        }
        true
    }

    fn files_from(&mut self, ctx: &mut Ctx<'_>, path: &[u8]) -> Result<(), i32> {
        let text = input(ctx, path)?;
        let end = if self.null { 0 } else { b'\n' };
        for line in lines(&text, end) {
            self.name(line);
        }
        Ok(())
    }

    fn done(mut self, ctx: &mut Ctx<'_>) -> Result<Options, i32> {
        let among = "'-Acdtrux', '--delete' or";
        self.options.mode = match self.modes[..] {
            [] => {
                return Err(bad(
                    ctx,
                    &format!("You must specify one of the {among} '--test-label' options"),
                    2,
                ));
            }
            [one] => one,
            _ => {
                let why =
                    format!("You may not specify more than one {among}  '--test-label' option");
                return Err(bad(ctx, &why, 2));
            }
        };
        let mut options = self.options;
        if options.xattrs {
            options.form = Form::Posix;
        }
        let writes = matches!(options.mode, Mode::Create | Mode::Append | Mode::Update);
        if self.automatic && writes {
            options.packing = by_name(&options.file);
        }
        if options.mode == Mode::Create && options.named.is_empty() {
            return Err(bad(ctx, "Cowardly refusing to create an empty archive", 2));
        }
        let is_terminal = options.file == b"-" && ctx.sys.isatty(i32::from(writes));
        if is_terminal && options.mode == Mode::Create {
            return Err(fatal(
                ctx,
                "Refusing to write archive contents to terminal (missing -f option?)",
            ));
        }
        if is_terminal && !writes {
            return Err(fatal(
                ctx,
                "Refusing to read archive contents from terminal (missing -f option?)",
            ));
        }
        if options.packing != Packing::None && matches!(options.mode, Mode::Append | Mode::Update) {
            return Err(bad(ctx, "Cannot update compressed archives", 2));
        }
        Ok(options)
    }
}

/// The packing that a name ends with.
fn by_name(name: &[u8]) -> Packing {
    let ends = |end: &str| name.ends_with(end.as_bytes());
    match () {
        () if ends(".gz") || ends(".tgz") || ends(".taz") => Packing::Gzip,
        () if ends(".bz2") || ends(".tbz2") || ends(".tbz") => Packing::Other("bzip2"),
        () if ends(".xz") || ends(".txz") => Packing::Other("xz"),
        () if ends(".zst") || ends(".tzst") => Packing::Other("zstd"),
        () => Packing::None,
    }
}

/// A list of names or patterns; `-` is standard input.
fn input(ctx: &mut Ctx<'_>, path: &[u8]) -> Result<Vec<u8>, i32> {
    match ctx.read_input(path) {
        Ok(text) => Ok(text),
        Err(errno) => Err(fatal(ctx, format!("{}: Cannot open: {errno}", shown(path)))),
    }
}

fn lines(text: &[u8], end: u8) -> Vec<Vec<u8>> {
    text.split(|it| *it == end).filter(|it| !it.is_empty()).map(<[u8]>::to_vec).collect()
}

/// `NAME`, `NUMBER` or `NAME:NUMBER`: the number, and the name that the header says.
fn whose(ctx: &mut Ctx<'_>, text: &str, is_user: bool) -> Result<Whose, i32> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (name, number) = match text.split_once(':') {
        Some((name, number)) => (name, Some(number)),
        None => (text, None),
    };
    let names = ctx.names();
    let known = |word: &str| if is_user { names.uid_of(word) } else { names.gid_of(word) };
    let id = match number {
        Some(number) => number.parse().ok(),
        None => known(name),
    };
    if id.is_none() && number.is_some() {
        let wrong = number.unwrap_or(name);
        return Err(fatal(ctx, format!("{wrong}: Invalid owner or group ID")));
    }
    let is_number = number.is_none() && name.parse::<u32>().is_ok();
    let found = id.and_then(|id| if is_user { names.user(id) } else { names.group(id) });
    let name = if is_number { found.unwrap_or_default() } else { name };
    Ok(Whose { id, name: name.as_bytes().to_vec() })
}

//! What `tree` was asked for. Its options are read in a way of their own.

use super::USAGE;
use crate::shell::command::common;
use crate::shell::command::ctx::Ctx;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Name,
    Version,
    Modified,
    Changed,
    Size,
    None,
}

/// How the branches are drawn.
pub struct Lines {
    pub pass: &'static str,
    pub fork: &'static str,
    pub end: &'static str,
}

const UTF8: Lines = Lines { pass: "│\u{a0}\u{a0} ", fork: "├── ", end: "└── " };
const ASCII: Lines = Lines { pass: "|   ", fork: "|-- ", end: "`-- " };

pub struct Wish {
    pub all: bool,
    pub dirs_only: bool,
    pub full: bool,
    pub follow: bool,
    pub one_file_system: bool,
    pub levels: Option<usize>,
    pub patterns: Vec<Vec<u8>>,
    pub ignores: Vec<Vec<u8>>,
    pub match_dirs: bool,
    pub ignore_case: bool,
    pub prune: bool,
    pub no_report: bool,
    pub no_indent: bool,
    pub classify: bool,
    pub quoted: bool,
    pub literal: bool,
    pub permissions: bool,
    pub user: bool,
    pub group: bool,
    pub size: bool,
    pub human: Option<u64>,
    pub date: Option<String>,
    pub inodes: bool,
    pub device: bool,
    pub du: bool,
    pub order: Order,
    pub reverse: bool,
    pub dirs_first: bool,
    pub files_first: bool,
    pub limit: Option<usize>,
    pub color: bool,
    pub lines: Lines,
    pub meta_first: bool,
}

impl Wish {
    pub fn new() -> Wish {
        Wish {
            all: false,
            dirs_only: false,
            full: false,
            follow: false,
            one_file_system: false,
            levels: None,
            patterns: Vec::new(),
            ignores: Vec::new(),
            match_dirs: false,
            ignore_case: false,
            prune: false,
            no_report: false,
            no_indent: false,
            classify: false,
            quoted: false,
            literal: false,
            permissions: false,
            user: false,
            group: false,
            size: false,
            human: None,
            date: None,
            inodes: false,
            device: false,
            du: false,
            order: Order::Name,
            reverse: false,
            dirs_first: false,
            files_first: false,
            limit: None,
            color: false,
            lines: UTF8,
            meta_first: false,
        }
    }
}

/// The value of an option: what follows it, or the next word.
pub fn options(ctx: &mut Ctx<'_>, wish: &mut Wish) -> Result<Vec<Vec<u8>>, i32> {
    let args = ctx.args();
    let mut operands = Vec::new();
    let mut at = 0;
    let mut ended = false;
    while at < args.len() {
        let arg = &args[at];
        at += 1;
        if ended || arg.first() != Some(&b'-') || arg.len() == 1 {
            operands.push(arg.clone());
            continue;
        }
        if arg == b"--" {
            ended = true;
            continue;
        }
        if arg.starts_with(b"--") {
            long(ctx, wish, arg, args, &mut at)?;
            continue;
        }
        for &letter in &arg[1..] {
            short(ctx, wish, letter, args, &mut at)?;
        }
    }
    Ok(operands)
}

fn complain(ctx: &mut Ctx<'_>, text: &str) -> i32 {
    ctx.err(format!("tree: {text}\n"));
    1
}

fn short(
    ctx: &mut Ctx<'_>,
    wish: &mut Wish,
    letter: u8,
    args: &[Vec<u8>],
    at: &mut usize,
) -> Result<(), i32> {
    let mut value = |ctx: &mut Ctx<'_>, missing: &str| {
        let value = args.get(*at).cloned();
        *at += 1;
        value.ok_or_else(|| complain(ctx, missing))
    };
    match letter {
        b'N' => wish.literal = true,
        b'q' => wish.literal = false,
        b'Q' => wish.quoted = true,
        b'd' => wish.dirs_only = true,
        b'l' => wish.follow = true,
        b's' => wish.size = true,
        b'h' => (wish.size, wish.human) = (true, Some(1024)),
        b'u' => wish.user = true,
        b'g' => wish.group = true,
        b'f' => wish.full = true,
        b'F' => wish.classify = true,
        b'a' => wish.all = true,
        b'p' => wish.permissions = true,
        b'i' => wish.no_indent = true,
        b'C' => wish.color = true,
        b'n' => wish.color = false,
        b'x' => wish.one_file_system = true,
        b'D' => {
            wish.date.get_or_insert("%b %e %H:%M".into());
        }
        b't' => wish.order = Order::Modified,
        b'c' => {
            wish.order = Order::Changed;
            wish.date.get_or_insert("%b %e %H:%M".into());
        }
        b'r' => wish.reverse = true,
        b'v' => wish.order = Order::Version,
        b'U' => wish.order = Order::None,
        b'A' => {}
        b'S' => {}
        b'R' => {}
        b'X' | b'J' | b'H' => {
            ctx.err(format!("tree: -{}: not simulated: use the plain listing\n", letter as char));
            return Err(127);
        }
        b'P' => {
            let text = value(ctx, "Missing argument to -P option.")?;
            wish.patterns.push(text);
        }
        b'I' => {
            let text = value(ctx, "Missing argument to -I option.")?;
            wish.ignores.push(text);
        }
        b'L' => {
            let text = value(ctx, "Missing argument to -L option.")?;
            let level = common::args::number(&text).unwrap_or(0);
            if level < 1 {
                return Err(complain(ctx, "Invalid level, must be greater than 0."));
            }
            wish.levels = Some(level as usize);
        }
        b'o' | b'T' => {
            value(ctx, &format!("Missing argument to -{} option.", letter as char))?;
        }
        other => {
            let status = complain(ctx, &format!("Invalid argument -`{}'.", other as char));
            ctx.err(USAGE);
            return Err(status);
        }
    }
    Ok(())
}

fn long(
    ctx: &mut Ctx<'_>,
    wish: &mut Wish,
    arg: &[u8],
    args: &[Vec<u8>],
    at: &mut usize,
) -> Result<(), i32> {
    let text = String::from_utf8_lossy(arg).into_owned();
    let (name, mut value) = match text.split_once('=') {
        Some((name, value)) => (name.to_string(), Some(value.to_string())),
        None => (text.clone(), None),
    };
    if matches!(name.as_str(), "--charset" | "--filelimit" | "--timefmt" | "--sort" | "--filesize")
        && value.is_none()
    {
        value = args.get(*at).map(|v| String::from_utf8_lossy(v).into_owned());
        *at += 1;
        if value.is_none() {
            return Err(complain(ctx, &format!("Missing argument to {name}")));
        }
    }
    let value = value.unwrap_or_default();
    match name.as_str() {
        "--help" => {
            ctx.out(USAGE);
            return Err(0);
        }
        "--version" => {
            let line = ctx.call.command.version_line();
            ctx.line(line);
            return Err(0);
        }
        "--inodes" => wish.inodes = true,
        "--device" => wish.device = true,
        "--noreport" => wish.no_report = true,
        "--nolinks" | "--fflinks" | "--gitignore" | "--info" => {}
        "--dirsfirst" => wish.dirs_first = true,
        "--filesfirst" => wish.files_first = true,
        "--matchdirs" => wish.match_dirs = true,
        "--ignore-case" => wish.ignore_case = true,
        "--metafirst" => wish.meta_first = true,
        "--prune" => wish.prune = true,
        "--si" => (wish.size, wish.human) = (true, Some(1000)),
        "--du" => (wish.du, wish.size) = (true, true),
        "--charset" => {
            if !value.eq_ignore_ascii_case("utf-8") {
                wish.lines = ASCII;
            }
        }
        "--filelimit" => wish.limit = value.parse().ok(),
        "--timefmt" => wish.date = Some(value),
        "--sort" => {
            wish.order = match value.as_str() {
                "name" => Order::Name,
                "version" => Order::Version,
                "size" => Order::Size,
                "mtime" => Order::Modified,
                "ctime" => Order::Changed,
                "none" => Order::None,
                other => {
                    let text = format!(
                        "Sort type '{other}' not valid, should be one of: name,version,size,mtime,ctime,none"
                    );
                    return Err(complain(ctx, &text));
                }
            };
        }
        _ => {
            let status = complain(ctx, &format!("Invalid argument `{text}'."));
            ctx.err(USAGE);
            return Err(status);
        }
    }
    Ok(())
}

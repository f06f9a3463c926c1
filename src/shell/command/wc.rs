//! wc, as coreutils 9.1 in a UTF-8 locale.

use super::ctx::Ctx;
use super::{Command, Package, Start};

pub const COMMAND: Command = Command {
    name: "wc",
    usage: "Usage: {} [OPTION]... [FILE]...\nPrint newline, word, and byte counts for each FILE.\n",
    summary: "count lines, words and bytes",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(main),
};

#[derive(Clone, Copy, Default)]
struct Counts {
    lines: u64,
    words: u64,
    chars: u64,
    bytes: u64,
    longest: u64,
}

#[derive(Clone, Copy, Default)]
struct Show {
    lines: bool,
    words: bool,
    chars: bool,
    bytes: bool,
    longest: bool,
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let parsed =
        match ctx.parse("c|bytes m|chars l|lines |files0-from= L|max-line-length w|words |debug") {
            Ok(parsed) => parsed,
            Err(status) => return status,
        };
    let mut show = Show::default();
    for given in &parsed.options {
        match given.id {
            "c" => show.bytes = true,
            "m" => show.chars = true,
            "l" => show.lines = true,
            "L" => show.longest = true,
            "w" => show.words = true,
            other => {
                ctx.warn(format_args!("--{other}: not simulated"));
                return 1;
            }
        }
    }
    if !(show.bytes || show.chars || show.lines || show.longest || show.words) {
        show = Show { lines: true, words: true, bytes: true, ..Show::default() };
    }
    let implied = parsed.operands.is_empty();
    let files = if implied { vec![b"-".to_vec()] } else { parsed.operands };
    let width = width(ctx, &files, show);
    let (mut total, mut status) = (Counts::default(), 0);
    for file in &files {
        let counts = match ctx.read_input(file) {
            Ok(text) => count(&text),
            Err(errno) => {
                ctx.fail_file(file, errno);
                status = 1;
                if errno != crate::errno::Errno::EISDIR {
                    continue;
                }
                Counts::default()
            }
        };
        total.lines += counts.lines;
        total.words += counts.words;
        total.chars += counts.chars;
        total.bytes += counts.bytes;
        total.longest = total.longest.max(counts.longest);
        print(ctx, counts, show, width, if implied { None } else { Some(file) });
    }
    if files.len() > 1 {
        print(ctx, total, show, width, Some(b"total"));
    }
    status
}

/// Columns are as wide as the largest possible number: the sum of the sizes of regular files, at
/// least 7 where an input is no regular file; one number of one file is not padded.
fn width(ctx: &mut Ctx<'_>, files: &[Vec<u8>], show: Show) -> usize {
    let numbers = [show.lines, show.words, show.chars, show.bytes, show.longest];
    if files.len() == 1 && numbers.iter().filter(|it| **it).count() == 1 {
        return 1;
    }
    let (mut sum, mut least) = (0, 1);
    for file in files {
        let attr = if file == b"-" { ctx.sys.fstat(0) } else { ctx.stat(file) };
        match attr {
            Ok(attr) if attr.kind == crate::types::FileType::Reg => sum += attr.size,
            Ok(_) => least = 7,
            Err(_) => {}
        }
    }
    sum.to_string().len().max(least)
}

fn print(ctx: &mut Ctx<'_>, counts: Counts, show: Show, width: usize, name: Option<&[u8]>) {
    let columns = [
        (show.lines, counts.lines),
        (show.words, counts.words),
        (show.chars, counts.chars),
        (show.bytes, counts.bytes),
        (show.longest, counts.longest),
    ];
    let numbers: Vec<String> =
        columns.iter().filter(|it| it.0).map(|it| format!("{:>width$}", it.1)).collect();
    ctx.out(numbers.join(" "));
    if let Some(name) = name {
        ctx.out(" ");
        ctx.out(name);
    }
    ctx.out("\n");
}

fn count(text: &[u8]) -> Counts {
    let mut counts = Counts { bytes: text.len() as u64, ..Counts::default() };
    let (mut in_word, mut column) = (false, 0u64);
    for part in text.utf8_chunks() {
        for letter in part.valid().chars() {
            counts.chars += 1;
            match letter {
                '\n' => {
                    counts.lines += 1;
                    column = 0;
                }
                '\r' | '\x0c' => column = 0,
                '\t' => column += 8 - column % 8,
                it if it.is_control() => {}
                _ => column += 1,
            }
            counts.longest = counts.longest.max(column);
            let space = letter.is_whitespace();
            // Control characters neither start nor end a word.
            if space {
                in_word = false;
            } else if !letter.is_control() && !in_word {
                in_word = true;
                counts.words += 1;
            }
        }
    }
    counts
}

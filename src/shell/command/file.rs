//! `file`: what a file is, for the kinds that matter in layers.

use super::common::width;
use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::errno::Errno;
use crate::types::{Attr, FileType, OpenFlags};

const USAGE: &str = "Usage: file [OPTION...] [FILE...]\nDetermine type of FILEs.\n";

pub const COMMAND: Command = rare(Command {
    name: "file",
    usage: USAGE,
    summary: "tell what files are",
    package: Package::Other("file-5.44\nmagic file from /etc/magic:/usr/share/misc/magic"),
    trouble: 1,
    start: Start::Patient(run),
});

struct Wish {
    brief: bool,
    mime_type: bool,
    mime_encoding: bool,
    follow: bool,
    separator: String,
    pad: bool,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "v b|brief c C e|exclude= |exclude-quiet= f|files-from= F|separator= i|mime |apple |extension \
         |mime-type |mime-encoding k|keep-going l L|dereference h|no-dereference m|magic-file= \
         N|no-pad n|no-buffer p|preserve-date P= r|raw s|special-files S z|uncompress Z 0|print0 d E",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish {
        brief: false,
        mime_type: false,
        mime_encoding: false,
        follow: false,
        separator: ":".into(),
        pad: true,
    };
    let mut files = Vec::new();
    for given in &parsed.options {
        match given.id {
            "v" => {
                let line = ctx.call.command.version_line();
                ctx.line(line);
                return 0;
            }
            "b" => wish.brief = true,
            "F" => wish.separator = given.text(),
            "f" => {
                let text = ctx.read_input(given.bytes()).unwrap_or_default();
                files.extend(
                    text.split(|&b| b == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec),
                );
            }
            "i" => (wish.mime_type, wish.mime_encoding) = (true, true),
            "mime-type" => wish.mime_type = true,
            "mime-encoding" => wish.mime_encoding = true,
            "L" => wish.follow = true,
            "h" => wish.follow = false,
            "N" => wish.pad = false,
            _ => {}
        }
    }
    files.extend(parsed.operands);
    if files.is_empty() {
        ctx.err(
            "Usage: file [-bcCdEhikLlNnprsSvzZ0] [--apple] [--extension] [--mime-encoding]\n            [--mime-type] [-e <testname>] [-F <separator>]  [-f <namefile>]\n            [-m <magicfiles>] [-P <parameter=value>] [--exclude-quiet]\n            <file> ...\n       file -C [-m <magicfiles>]\n       file [--help]\n",
        );
        return 1;
    }
    let shown = |name: &[u8]| -> String {
        if name == b"-" { "/dev/stdin".into() } else { String::from_utf8_lossy(name).into_owned() }
    };
    let widest = files.iter().map(|f| width::of(&shown(f))).max().unwrap_or(0);
    for file in &files {
        let text = describe(ctx, &wish, file);
        if wish.brief {
            ctx.line(text);
            continue;
        }
        let name = shown(file);
        let gap = if wish.pad { widest - width::of(&name) } else { 0 };
        let head =
            if name.is_empty() { String::new() } else { format!("{name}{} ", wish.separator) };
        ctx.line(format!("{head}{}{text}", " ".repeat(gap)));
    }
    0
}

/// What is printed after the name.
fn describe(ctx: &mut Ctx<'_>, wish: &Wish, file: &[u8]) -> String {
    if file == b"-" {
        let data = ctx.read_all(0).unwrap_or_default();
        return contents(wish, &data, "");
    }
    let attr = match if wish.follow { ctx.stat(file) } else { ctx.lstat(file) } {
        Ok(attr) => attr,
        Err(errno) => {
            let name = String::from_utf8_lossy(file);
            return format!("cannot open `{name}' ({errno})");
        }
    };
    if wish.mime_type || wish.mime_encoding {
        return mime_node(ctx, wish, file, &attr);
    }
    match attr.kind {
        FileType::Reg => regular(ctx, wish, file, &attr),
        FileType::Symlink => link(ctx, file),
        FileType::Dir => format!("{}directory", special_bits(&attr)),
        FileType::Chr => {
            format!(
                "{}character special ({}/{})",
                special_bits(&attr),
                attr.rdev.major,
                attr.rdev.minor
            )
        }
        FileType::Blk => {
            format!(
                "{}block special ({}/{})",
                special_bits(&attr),
                attr.rdev.major,
                attr.rdev.minor
            )
        }
        FileType::Fifo => format!("{}fifo (named pipe)", special_bits(&attr)),
        FileType::Sock => format!("{}socket", special_bits(&attr)),
    }
}

/// `setuid, ` and so on; a regular file has a blank before the comma (as seen of 5.44).
fn special_bits(attr: &Attr) -> String {
    let mode = attr.mode.bits();
    let end = if attr.kind == FileType::Reg { " " } else { "" };
    let mut text = String::new();
    for (bit, word) in [(0o4000, "setuid"), (0o2000, "setgid"), (0o1000, "sticky")] {
        if mode & bit != 0 {
            text.push_str(word);
            text.push_str(if end.is_empty() { ", " } else { " " });
        }
    }
    if !end.is_empty() && !text.is_empty() {
        text.push_str(", ");
    }
    text
}

fn link(ctx: &mut Ctx<'_>, file: &[u8]) -> String {
    let target = ctx.sys.readlinkat(crate::sys::AT_FDCWD, file).unwrap_or_default();
    let target = String::from_utf8_lossy(&target).into_owned();
    match ctx.stat(file) {
        Ok(_) => format!("symbolic link to {target}"),
        Err(_) => format!("broken symbolic link to {target}"),
    }
}

fn read_head(ctx: &mut Ctx<'_>, file: &[u8]) -> Result<Vec<u8>, Errno> {
    let fd = ctx.open(file, OpenFlags::RDONLY | OpenFlags::NONBLOCK, 0)?;
    let mut data = Vec::new();
    let mut buf = vec![0; 65536];
    while data.len() < 1 << 20 {
        match ctx.sys.read(fd, &mut buf) {
            Ok(0) | Err(_) => break,
            Ok(n) => data.extend_from_slice(&buf[..n]),
        }
    }
    let _ = ctx.sys.close(fd);
    Ok(data)
}

fn regular(ctx: &mut Ctx<'_>, wish: &Wish, file: &[u8], attr: &Attr) -> String {
    let bits = special_bits(attr);
    if attr.size == 0 {
        return format!("{bits}empty");
    }
    match read_head(ctx, file) {
        Ok(data) => contents(wish, &data, &bits),
        Err(_) => {
            let mode = attr.mode.bits();
            let mut words = Vec::new();
            if mode & 0o222 != 0 {
                words.push("writable, ");
            }
            if mode & 0o111 != 0 {
                words.push("executable, ");
            }
            format!("{bits}{}regular file, no read permission", words.concat())
        }
    }
}

/// How a text is encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Ascii,
    Utf8,
    Utf8Bom,
    Utf16Le,
    Utf16Be,
    Latin1,
    Extended,
    Binary,
}

impl Encoding {
    fn words(self) -> &'static str {
        match self {
            Encoding::Ascii => "ASCII text",
            Encoding::Utf8 => "Unicode text, UTF-8 text",
            Encoding::Utf8Bom => "Unicode text, UTF-8 (with BOM) text",
            Encoding::Utf16Le => "Unicode text, UTF-16, little-endian text",
            Encoding::Utf16Be => "Unicode text, UTF-16, big-endian text",
            Encoding::Latin1 => "ISO-8859 text",
            Encoding::Extended => "Non-ISO extended-ASCII text",
            Encoding::Binary => "data",
        }
    }

    fn charset(self) -> &'static str {
        match self {
            Encoding::Ascii => "us-ascii",
            Encoding::Utf8 | Encoding::Utf8Bom => "utf-8",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Latin1 => "iso-8859-1",
            Encoding::Extended => "unknown-8bit",
            Encoding::Binary => "binary",
        }
    }
}

fn plain_byte(b: u8) -> bool {
    matches!(b, 7..=13 | 27 | 32..=126)
}

fn encoding(data: &[u8]) -> Encoding {
    if data.starts_with(b"\xff\xfe") && data.len() > 2 {
        return Encoding::Utf16Le;
    }
    if data.starts_with(b"\xfe\xff") && data.len() > 2 {
        return Encoding::Utf16Be;
    }
    if data.iter().all(|&b| plain_byte(b)) {
        return Encoding::Ascii;
    }
    if data.iter().all(|&b| plain_byte(b) || b >= 128) {
        if std::str::from_utf8(data).is_ok() {
            let bom = data.starts_with(b"\xef\xbb\xbf");
            return if bom { Encoding::Utf8Bom } else { Encoding::Utf8 };
        }
        let high = data.iter().any(|b| (128..160).contains(b));
        return if high { Encoding::Extended } else { Encoding::Latin1 };
    }
    Encoding::Binary
}

/// Kinds of files by their first bytes: magic, words, MIME type.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"\x1f\x8b", "gzip compressed data", "application/gzip"),
    (b"BZh", "bzip2 compressed data", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "XZ compressed data", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard compressed data (v0.8+)", "application/zstd"),
    (b"PK\x05\x06", "Zip archive data (empty)", "application/zip"),
    (b"\x89PNG\r\n\x1a\n\0", "PNG image data", "image/png"),
    (b"GIF8", "GIF image data", "image/gif"),
    (b"\xff\xd8\xff", "JPEG image data", "image/jpeg"),
    (b"%PDF-", "PDF document", "application/pdf"),
    (b"SQLite format 3\0", "SQLite 3.x database", "application/vnd.sqlite3"),
];

fn magic(data: &[u8]) -> Option<(String, &'static str)> {
    if data.starts_with(b"\x7fELF") {
        let text = match data.get(4) {
            Some(2) => {
                "ELF 64-bit LSB pie executable, x86-64, version 1 (SYSV), dynamically linked, interpreter /lib64/ld-linux-x86-64.so.2, for GNU/Linux 3.2.0, stripped"
            }
            Some(1) => "ELF 32-bit LSB",
            _ => "ELF",
        };
        return Some((text.into(), "application/x-pie-executable"));
    }
    if data.get(257..262) == Some(b"ustar") {
        let gnu = data.get(262) == Some(&b' ');
        let text = if gnu { "POSIX tar archive (GNU)" } else { "POSIX tar archive" };
        return Some((text.into(), "application/x-tar"));
    }
    let (_, text, mime) = MAGIC.iter().find(|(m, ..)| data.starts_with(m))?;
    (data.len() > 8).then(|| (text.to_string(), *mime))
}

/// Programs behind `#!`: end of the interpreter's name, words, MIME type.
const SCRIPTS: &[(&str, &str, &str)] = &[
    ("/bash", "Bourne-Again shell script", "text/x-shellscript"),
    ("/dash", "Dash shell script", "text/x-shellscript"),
    ("/sh", "POSIX shell script", "text/x-shellscript"),
    ("/zsh", "Paul Falstad's zsh script", "text/x-shellscript"),
    ("python3", "Python script", "text/x-script.python"),
    ("python", "Python script", "text/x-script.python"),
    ("/perl", "Perl script", "text/x-perl"),
    ("node", "Node.js script", "application/javascript"),
];

/// What a text is, beyond its encoding.
fn text_kind(data: &[u8]) -> Option<(String, &'static str, bool)> {
    if let Some(line) = data.strip_prefix(b"#!") {
        let line = line.split(|&b| b == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).trim().to_string();
        let program =
            line.split_whitespace().find(|w| !w.ends_with("/env")).unwrap_or("").to_string();
        for (end, words, mime) in SCRIPTS {
            if program.ends_with(end) || program == end.trim_start_matches('/') {
                // Perl's comes without "ASCII", as 5.44 was seen to print.
                return Some((words.to_string(), mime, true));
            }
        }
        return Some((format!("a {line} script"), "text/plain", true));
    }
    let head = data.trim_ascii_start();
    let starts = |text: &str| {
        head.len() >= text.len() && head[..text.len()].eq_ignore_ascii_case(text.as_bytes())
    };
    if starts("<?xml version=\"1.0\"") {
        return Some(("XML 1.0 document".into(), "text/xml", false));
    }
    if starts("<!doctype html") || starts("<html") {
        return Some(("HTML document".into(), "text/html", false));
    }
    if super::json::is_container(data) {
        return Some(("JSON text data".into(), "application/json", false));
    }
    None
}

fn contents(wish: &Wish, data: &[u8], bits: &str) -> String {
    let (words, mime, code) = classify(data);
    match (wish.mime_type, wish.mime_encoding) {
        (false, false) => format!("{bits}{words}"),
        (true, false) => mime.to_string(),
        (false, true) => code.charset().to_string(),
        (true, true) => format!("{mime}; charset={}", code.charset()),
    }
}

fn classify(data: &[u8]) -> (String, &'static str, Encoding) {
    if data.is_empty() {
        return ("empty".into(), "inode/x-empty", Encoding::Binary);
    }
    if let Some((words, mime)) = magic(data) {
        return (words, mime, Encoding::Binary);
    }
    let code = encoding(data);
    if data.len() < 2 {
        return ("very short file (no magic)".into(), "application/octet-stream", Encoding::Binary);
    }
    if code == Encoding::Binary {
        return ("data".into(), "application/octet-stream", code);
    }
    let kind = text_kind(data);
    let mut words = match &kind {
        Some((words, ..)) if words == "JSON text data" => words.clone(),
        Some((words, _, true)) if words.starts_with("Perl") => format!("{words} text executable"),
        Some((words, _, true)) => format!("{words}, {} executable", code.words()),
        Some((words, _, false)) => format!("{words}, {}", code.words()),
        None => code.words().to_string(),
    };
    if kind.as_ref().is_none_or(|k| k.0 != "JSON text data") {
        details(data, code, &mut words);
    }
    (words, kind.map_or("text/plain", |k| k.1), code)
}

/// Long lines, line ends, escape sequences.
fn details(data: &[u8], code: Encoding, words: &mut String) {
    let longest = data.split(|&b| b == b'\n').map(<[u8]>::len).max().unwrap_or(0);
    if longest > 300 {
        words.push_str(&format!(", with very long lines ({longest})"));
    }
    let crlf = data.windows(2).filter(|w| w == b"\r\n").count();
    let lf = data.iter().filter(|b| **b == b'\n').count() - crlf;
    let cr = data.iter().filter(|b| **b == b'\r').count() - crlf;
    if crlf + lf + cr == 0 && !matches!(code, Encoding::Utf16Be) {
        words.push_str(", with no line terminators");
    } else if crlf + cr > 0 {
        let mut ends = Vec::new();
        if crlf > 0 {
            ends.push("CRLF");
        }
        if cr > 0 {
            ends.push("CR");
        }
        if lf > 0 {
            ends.push("LF");
        }
        words.push_str(&format!(", with {} line terminators", ends.join(", ")));
    }
    if data.contains(&27) {
        words.push_str(", with escape sequences");
    }
    if data.contains(&8) {
        words.push_str(", with overstriking");
    }
}

fn mime_node(ctx: &mut Ctx<'_>, wish: &Wish, file: &[u8], attr: &Attr) -> String {
    let kind = match attr.kind {
        FileType::Reg => {
            let data = read_head(ctx, file).unwrap_or_default();
            return contents(wish, &data, "");
        }
        FileType::Dir => "inode/directory",
        FileType::Symlink => "inode/symlink",
        FileType::Chr => "inode/chardevice",
        FileType::Blk => "inode/blockdevice",
        FileType::Fifo => "inode/fifo",
        FileType::Sock => "inode/socket",
    };
    match (wish.mime_type, wish.mime_encoding) {
        (true, true) => format!("{kind}; charset=binary"),
        (true, false) => kind.into(),
        _ => "binary".into(),
    }
}

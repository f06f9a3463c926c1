//! `-printf` and `-ls`.

use super::super::common::{mode, quote, time};
use super::super::ctx::{Ctx, base_name, dir_name};
use super::parse::{Stamp, stamp_in};
use super::walk::Visit;
use crate::sys::AT_FDCWD;
use crate::types::FileType;

/// The line of `-ls`.
pub(super) fn ls_line(ctx: &mut Ctx<'_>, visit: &Visit) -> Vec<u8> {
    let attr = &visit.attr;
    let now = ctx.sys.clock();
    let (user, group) = {
        let names = ctx.names();
        (names.user_or_id(attr.uid), names.group_or_id(attr.gid))
    };
    let recent = attr.mtime.sec > now.sec - 15_778_476 && attr.mtime <= now;
    let pattern: &[u8] = if recent { b"%b %e %H:%M" } else { b"%b %e  %Y" };
    let stamp = time::format(pattern, attr.mtime);
    let size = match attr.kind {
        FileType::Chr | FileType::Blk => format!("{:3}, {:3}", attr.rdev.major, attr.rdev.minor),
        _ => format!("{:8}", attr.size),
    };
    let head = format!(
        "{:9} {:6} {} {:3} {user:<8} {group:<8} {size} ",
        attr.ino,
        attr.blocks.div_ceil(2),
        mode::listing(attr),
        attr.nlink
    );
    let mut line = head.into_bytes();
    line.extend(stamp);
    line.push(b' ');
    line.extend(quote::c_escape(&visit.path, true).into_bytes());
    if attr.kind == FileType::Symlink {
        let target = ctx.sys.readlinkat(AT_FDCWD, &visit.path).unwrap_or_default();
        line.extend(b" -> ");
        line.extend(quote::c_escape(&target, true).into_bytes());
    }
    line.push(b'\n');
    line
}

/// The text of a `-printf` format for one file.
pub(super) fn format(ctx: &mut Ctx<'_>, pattern: &[u8], visit: &Visit) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < pattern.len() {
        match pattern[at] {
            b'\\' => at = escape(pattern, at + 1, &mut out),
            b'%' => at = directive(ctx, pattern, at + 1, visit, &mut out),
            byte => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

fn escape(pattern: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    let Some(&byte) = pattern.get(at) else {
        out.push(b'\\');
        return at;
    };
    if matches!(byte, b'0'..=b'7') {
        let digits = pattern[at..].iter().take(3).take_while(|it| matches!(it, b'0'..=b'7'));
        let (mut value, mut used) = (0u32, 0);
        for digit in digits {
            value = value * 8 + u32::from(digit - b'0');
            used += 1;
        }
        out.push(value as u8);
        return at + used;
    }
    let value = match byte {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        other => {
            out.push(b'\\');
            other
        }
    };
    out.push(value);
    at + 1
}

fn directive(
    ctx: &mut Ctx<'_>,
    pattern: &[u8],
    at: usize,
    visit: &Visit,
    out: &mut Vec<u8>,
) -> usize {
    let flags = pattern[at..].iter().take_while(|it| b"-+ #0123456789.".contains(it)).count();
    let spec = &pattern[at..at + flags];
    let mut next = at + flags;
    let Some(&letter) = pattern.get(next) else {
        out.push(b'%');
        out.extend_from_slice(spec);
        return next;
    };
    next += 1;
    let text = match letter {
        b'%' => b"%".to_vec(),
        b'A' | b'C' | b'T' => {
            let stamp = match letter {
                b'A' => Stamp::Access,
                b'C' => Stamp::Change,
                _ => Stamp::Modify,
            };
            let sub = pattern.get(next).copied().unwrap_or(b'+');
            next += 1;
            stamp_text(stamp_in(&visit.attr, stamp), sub)
        }
        _ => value(ctx, letter, visit),
    };
    pad(spec, text, out);
    next
}

fn stamp_text(stamp: crate::types::Timespec, letter: u8) -> Vec<u8> {
    match letter {
        b'@' => format!("{}.{:09}0", stamp.sec, stamp.nsec).into_bytes(),
        b'+' => [&time::format(b"%Y-%m-%d+%H:%M:%S.%N", stamp)[..], b"0"].concat(),
        b'S' => [&time::format(b"%S.%N", stamp)[..], b"0"].concat(),
        b'T' => [&time::format(b"%H:%M:%S.%N", stamp)[..], b"0"].concat(),
        other => time::format(&[b'%', other], stamp),
    }
}

fn value(ctx: &mut Ctx<'_>, letter: u8, visit: &Visit) -> Vec<u8> {
    let attr = &visit.attr;
    match letter {
        b'p' => visit.path.clone(),
        b'f' => base_name(&visit.path).to_vec(),
        b'h' => match visit.path.contains(&b'/') {
            true if visit.path == b"/" => Vec::new(),
            true => dir_name(&visit.path),
            false => b".".to_vec(),
        },
        b'P' => {
            let below = visit.path.get(visit.root.len()..).unwrap_or_default();
            below.strip_prefix(b"/").unwrap_or(below).to_vec()
        }
        b'H' => visit.root.clone(),
        b's' => attr.size.to_string().into_bytes(),
        b'b' => attr.blocks.to_string().into_bytes(),
        b'k' => attr.blocks.div_ceil(2).to_string().into_bytes(),
        b'm' => format!("{:o}", attr.mode.bits()).into_bytes(),
        b'M' => mode::listing(attr).into_bytes(),
        b'u' => ctx.names().user_or_id(attr.uid).into_bytes(),
        b'g' => ctx.names().group_or_id(attr.gid).into_bytes(),
        b'U' => attr.uid.to_string().into_bytes(),
        b'G' => attr.gid.to_string().into_bytes(),
        b'i' => attr.ino.to_string().into_bytes(),
        b'n' => attr.nlink.to_string().into_bytes(),
        b'd' => visit.depth.to_string().into_bytes(),
        b'D' => attr.dev.encode().to_string().into_bytes(),
        b'y' => vec![type_letter(attr.kind)],
        b'Y' => match (attr.kind, ctx.stat(&visit.path)) {
            (FileType::Symlink, Err(crate::errno::Errno::ELOOP)) => b"L".to_vec(),
            (FileType::Symlink, Err(_)) => b"N".to_vec(),
            (_, Ok(attr)) => vec![type_letter(attr.kind)],
            (kind, Err(_)) => vec![type_letter(kind)],
        },
        b'l' if attr.kind == FileType::Symlink => {
            ctx.sys.readlinkat(AT_FDCWD, &visit.path).unwrap_or_default()
        }
        b'l' => Vec::new(),
        b't' => stamp_line(attr.mtime),
        b'a' => stamp_line(attr.atime),
        b'c' => stamp_line(attr.ctime),
        b'S' => {
            let ratio =
                if attr.size == 0 { 1.0 } else { attr.blocks as f64 * 512.0 / attr.size as f64 };
            format!("{ratio}").into_bytes()
        }
        b'F' => fs_type(ctx, attr.dev),
        other => vec![b'%', other],
    }
}

fn stamp_line(stamp: crate::types::Timespec) -> Vec<u8> {
    [&time::format(b"%a %b %e %H:%M:%S.%N", stamp)[..], b"0 ", &time::format(b"%Y", stamp)[..]]
        .concat()
}

fn type_letter(kind: FileType) -> u8 {
    match kind {
        FileType::Reg => b'f',
        other => mode::type_letter(other) as u8,
    }
}

/// The type of the mount that has this device number.
fn fs_type(ctx: &mut Ctx<'_>, dev: crate::types::Dev) -> Vec<u8> {
    let table = ctx.read_file(b"/proc/self/mountinfo").unwrap_or_default();
    let want = format!("{}:{}", dev.major, dev.minor);
    let line = table
        .split(|it| *it == b'\n')
        .find(|line| line.split(|it| *it == b' ').nth(2) == Some(want.as_bytes()));
    let after = line.and_then(|line| {
        let at = line.windows(3).position(|it| it == b" - ")?;
        line[at + 3..].split(|it| *it == b' ').next()
    });
    after.unwrap_or(b"unknown").to_vec()
}

/// Width, precision and the `-` and `0` flags of printf.
fn pad(spec: &[u8], text: Vec<u8>, out: &mut Vec<u8>) {
    let left = spec.contains(&b'-');
    let digits: Vec<u8> = spec.iter().copied().skip_while(|it| !it.is_ascii_digit()).collect();
    let zero = digits.first() == Some(&b'0') && !left;
    let width: usize = std::str::from_utf8(&digits)
        .ok()
        .and_then(|it| it.split('.').next()?.parse().ok())
        .unwrap_or(0)
        .min(4096);
    let missing = width.saturating_sub(text.len());
    if left {
        out.extend(text);
        out.extend(std::iter::repeat_n(b' ', missing));
    } else {
        out.extend(std::iter::repeat_n(if zero { b'0' } else { b' ' }, missing));
        out.extend(text);
    }
}

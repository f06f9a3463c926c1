//! echo.

use super::Ret;
use crate::shell::ast::Str;
use crate::shell::interp::Interp;
use crate::shell::os::Os;
use crate::shell::text::{Escapes, unescape};

pub fn echo(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut newline = true;
    let mut escapes = sh.sh.shopt("xpg_echo");
    let mut args = &argv[1..];
    while let Some(a) = args.first() {
        if a.len() < 2 || a[0] != b'-' || !a[1..].iter().all(|b| b"neE".contains(b)) {
            break;
        }
        for b in &a[1..] {
            match b {
                b'n' => newline = false,
                b'e' => escapes = true,
                _ => escapes = false,
            }
        }
        args = &args[1..];
    }
    let mut out = args.join(&b' ');
    if escapes {
        let (text, stop) = unescape(&out, Escapes::Echo);
        out = text;
        newline &= !stop;
    }
    if newline {
        out.push(b'\n');
    }
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("echo"));
    Ret::Moved
}

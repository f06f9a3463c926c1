//! Prompt strings: the backslash escapes of PS1 and PS2.

use super::ast::Str;
use super::state::Shell;

/// The text of a prompt, before parameters in it are expanded.
pub fn expand(sh: &Shell, s: &[u8]) -> Str {
    let mut out = Vec::new();
    let mut i = 0;
    while i < s.len() {
        if s[i] != b'\\' || i + 1 >= s.len() {
            out.push(s[i]);
            i += 1;
            continue;
        }
        i += 2;
        match s[i - 1] {
            b'u' => out.extend_from_slice(b"root"),
            b'h' | b'H' => {
                out.extend_from_slice(&sh.get(b"HOSTNAME").unwrap_or_else(|| b"lab".to_vec()))
            }
            b'w' => out.extend(short_dir(sh)),
            b'W' => {
                let d = short_dir(sh);
                let base =
                    if d == b"/" { &d[..] } else { d.rsplit(|&b| b == b'/').next().unwrap_or(&d) };
                out.extend_from_slice(base);
            }
            b'$' => out.push(b'#'),
            b's' => out.extend_from_slice(b"bash"),
            b'v' => out.extend_from_slice(b"5.2"),
            b'V' => out.extend_from_slice(b"5.2.15"),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b'a' => out.push(7),
            b'e' => out.push(27),
            b'#' | b'!' => out.extend_from_slice((sh.history.len() + 1).to_string().as_bytes()),
            b'j' => out.extend_from_slice(sh.jobs.len().to_string().as_bytes()),
            b'[' | b']' => {}
            b'\\' => out.push(b'\\'),
            c => out.extend_from_slice(&[b'\\', c]),
        }
    }
    out
}

fn short_dir(sh: &Shell) -> Str {
    let pwd = sh.get(b"PWD").unwrap_or_else(|| b"/".to_vec());
    let home = sh.get(b"HOME").unwrap_or_default();
    if home.len() > 1 && pwd.starts_with(&home) && matches!(pwd.get(home.len()), None | Some(b'/'))
    {
        let mut out = b"~".to_vec();
        out.extend_from_slice(&pwd[home.len()..]);
        return out;
    }
    pwd
}

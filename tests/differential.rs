//! The same scripts in real bash on the real kernel and in the machine: standard output, standard
//! error and status must be equal.
//!
//! Each script of `tests/scripts` runs in an empty directory `/lab` (tmpfs) of both worlds, as
//! root, in a mount namespace of its own. What may differ is on one list, [`mask`].

#[path = "live/ground.rs"]
mod ground;
#[path = "random/mod.rs"]
mod random;
#[path = "live/worlds.rs"]
mod worlds;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(PartialEq, Eq)]
pub struct Ran {
    pub out: String,
    pub err: String,
    pub status: i32,
}

fn scripts(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return all };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(scripts(&path));
        } else if path.extension().is_some_and(|it| it == "sh") {
            all.push(path);
        }
    }
    all.sort();
    all
}

fn real(text: &str) -> Option<Ran> {
    let out = worlds::real(text).ok()?;
    let status = out.status.code().filter(|it| *it != worlds::NO_LAB)?;
    Some(Ran::of(&out.stdout, &out.stderr, status))
}

fn ours(text: &str) -> Ran {
    let done = worlds::ours(text);
    Ran::of(&done.stdout(), &done.stderr(), done.status)
}

impl Ran {
    fn of(out: &[u8], err: &[u8], status: i32) -> Ran {
        let shown = |bytes: &[u8]| mask(&String::from_utf8_lossy(bytes));
        Ran { out: shown(out), err: shown(err), status }
    }
}

/// What may differ between two real machines: dates, and temporary names of the work directory
/// (`#N`); nothing else that a script cannot avoid: scripts do not print inode numbers.
fn mask(text: &str) -> String {
    mask_temporaries(&mask_dates(text))
}

/// `Nov 24 00:12`, `Jan  1  2001` and `2026-11-24 00:12:13.123456789 +0000` become `DATE`.
fn mask_dates(text: &str) -> String {
    let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    let bytes = text.as_bytes();
    let is = |at: usize, shape: &[u8]| {
        shape.iter().enumerate().all(|(i, kind)| match (kind, bytes.get(at + i)) {
            (b'9', Some(b)) => b.is_ascii_digit(),
            (b'_', Some(b)) => b.is_ascii_digit() || *b == b' ',
            (kind, Some(b)) => b == kind,
            (_, None) => false,
        })
    };
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let month = bytes.get(at..at + 3).and_then(|m| std::str::from_utf8(m).ok());
        let month = month.is_some_and(|m| months.split(' ').any(|it| it == m));
        let used = if month && (is(at + 3, b" _9 99:99") || is(at + 3, b" _9  9999")) {
            12
        } else if is(at, b"9999-99-99 99:99:99.999999999 +0000") {
            35
        } else if is(at, b"9999-99-99 99:99") {
            16
        } else {
            out.push(bytes[at]);
            at += 1;
            continue;
        };
        out.extend(b"DATE");
        at += used;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn mask_temporaries(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('#') {
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let word = rest[..at].ends_with(['/', ' ', '\n']) || at == 0;
        out.push_str(&rest[..at]);
        out.push_str(if digits > 0 && word { "#N" } else { "#" });
        rest = &rest[at + 1 + if digits > 0 && word { digits } else { 0 }..];
    }
    out + rest
}

/// One test a script; without the right to mount each is ignored with the reason, and fails where
/// `LAYERGLASS_REQUIRE_LIVE` is set. `SCRIPT` chooses scripts as the filter of the command line does.
fn main() -> ExitCode {
    let args = Arguments::from_args();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let only = std::env::var("SCRIPT").unwrap_or_default();
    let missing = ground::can_mount().err();
    if let Some(why) = &missing {
        println!("nothing is compared with real bash: {why}");
    }
    if missing.is_none() {
        println!("compared with bash on {}", ground::kernel());
    }
    let trials = scripts(&dir).into_iter().filter_map(|path| {
        let name = path.strip_prefix(&dir).unwrap_or(&path).display().to_string();
        name.contains(&only).then(|| trial(name, path, missing.clone()))
    });
    let random = random_trials(missing.clone());
    libtest_mimic::run(&args, trials.chain(random).collect()).exit_code()
}

/// Random scripts, as many as `LAYERGLASS_RANDOM=COUNT[:SEED]` says.
fn random_trials(missing: Option<String>) -> Vec<Trial> {
    let asked = std::env::var("LAYERGLASS_RANDOM").unwrap_or_default();
    let (count, seed) = asked.split_once(':').unwrap_or((&asked, "0"));
    let (count, seed) = (count.parse().unwrap_or(0), seed.parse().unwrap_or(0));
    let most = if asked.is_empty() { 10 } else { 40 };
    let kinds = [
        ("random language", random::batch::Kind::Language),
        ("random tools", random::batch::Kind::Tools),
    ];
    let each = kinds.into_iter().filter(|_| count > 0).map(|(name, kind)| match &missing {
        Some(why) => ground::absent(name, why.clone()),
        None => Trial::test(name, move || {
            let found = random::compare(kind, seed, count, most);
            if found.is_empty() { Ok(()) } else { Err(found.join("\n").into()) }
        }),
    });
    each.collect()
}

fn trial(name: String, path: PathBuf, missing: Option<String>) -> Trial {
    match missing {
        None => Trial::test(name.clone(), move || compare(&name, &path)),
        Some(why) => ground::absent(name, why),
    }
}

fn compare(name: &str, path: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let want = real(&text).ok_or("bash does not run in a namespace")?;
    let got = ours(&text);
    if want == got { Ok(()) } else { Err(report(name, &want, &got).into()) }
}

fn report(name: &str, want: &Ran, got: &Ran) -> String {
    let mut text = format!("== {name}: status {} in real bash, {} here\n", want.status, got.status);
    for (stream, a, b) in [("stdout", &want.out, &got.out), ("stderr", &want.err, &got.err)] {
        if a != b {
            let diff = similar::TextDiff::from_lines(a, b);
            text.push_str(&format!("{stream} (- real, + here):\n"));
            text.push_str(&diff.unified_diff().context_radius(1).to_string());
        }
    }
    text
}

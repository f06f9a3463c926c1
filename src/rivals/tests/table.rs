//! docs/DRIVERS.md: what each step costs on every driver that is built, beside what was measured.

use super::figures::{FIGURES, What, of};
use super::{Step, built, costs_of_all, grown, on};
use crate::view::rivals::script;
use std::fmt::Write;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/DRIVERS.md");

/// Where the model leaves what was measured.
fn strays() -> Vec<String> {
    let mut out = Vec::new();
    for driver in built() {
        for what in What::ALL {
            let Some(figure) = of(driver, what) else {
                out.push(format!("{driver}, {}: no figure", what.words()));
                continue;
            };
            let grown = grown(driver, what);
            if !(figure.least..=figure.most).contains(&grown) {
                let (words, measured) = (what.words(), figure.measured);
                let (least, most) = (figure.least, figure.most);
                out.push(format!("{driver}, {words}: {grown} bytes, measured {measured}, may be {least} to {most}"));
            }
        }
    }
    out
}

#[test]
fn the_model_keeps_to_what_was_measured() {
    assert_eq!(strays(), Vec::<String>::new());
    let names: Vec<&str> = FIGURES.iter().map(|it| it.driver).collect();
    for driver in super::super::DRIVERS {
        assert_eq!(names.iter().filter(|it| **it == driver).count(), What::ALL.len(), "{driver}");
    }
}

/// `REGENERATE=1` writes it.
#[test]
fn the_page_about_drivers_is_true() {
    let text = page();
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(PATH, &text).unwrap();
    }
    let kept = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        kept == text,
        "docs/DRIVERS.md is not what the drivers do now: \
         REGENERATE=1 cargo test --lib the_page_about_drivers"
    );
}

fn page() -> String {
    let mut out = String::from(
        "# Storage drivers compared\n\n\
         Made by a test from the machine itself (`REGENERATE=1 cargo test --lib the_page_about_drivers`); do not edit.\n\n\
         Each driver runs the same script, command by command: `layerglass drivers` shows it live, the page shows it with \
         pictures (\u{201c}Drivers\u{201d}, key 8). The file systems count while they work; nothing is looked up in a table. A number is \
         the growth of the storage in use in bytes, a minus sign means given back. Below it stands what was **measured** on a \
         real system, and where; a test fails when the model leaves the tolerance of that measurement \
         (`src/rivals/tests/figures.rs`). Numbers without such a line follow **from the model** alone.\n\n",
    );
    out += "## The costs of one file\n\nAn image with a file of 64 MiB and a directory of 100 small files.\n\n";
    costs(&mut out);
    out += "\n## The same with 1 GiB\n\nFrom the model; what was measured for 1 GiB is in the column at the end. Reading costs nothing on any driver \
            but access times.\n\n";
    large(&mut out);
    out += "\n## Page cache\n\nThree containers of one image read the same file of 64 MiB. Pages belong to an inode of a file system: \
            containers share them when they read the same inode. From the model. (ZFS keeps its own cache, the ARC, beside the \
            page cache; clones share what lies there. It is not modelled.)\n\n";
    pages(&mut out);
    out += "\n## A hundred containers\n\nOf an image of 1.3 MB, created and not started. From the model; measured for one container: see the \
            first table.\n\n";
    hundred(&mut out);
    out += "\n## How deep images may be\n\n\
            Docker's layer store takes 125 layers, whatever the driver (moby, `maxLayerDepth`): `layerglass drivers deep` builds that many and \
            is refused one more. Below that limit overlay2 mounts 128 lower directories at most, AUFS 127 branches; the other drivers \
            have no limit of their own.\n";
    out
}

fn head(out: &mut String, first: &str, last: Option<&str>) {
    let names = built();
    let _ = write!(out, "| {first} |");
    for name in names.iter().copied().chain(last) {
        let _ = write!(out, " {name} |");
    }
    let columns = names.len() + 1 + usize::from(last.is_some());
    let _ = writeln!(out, "\n|{}", "---|".repeat(columns));
}

fn row(out: &mut String, words: &str, cells: impl Iterator<Item = String>) {
    let _ = write!(out, "| {words} |");
    for cell in cells {
        let _ = write!(out, " {cell} |");
    }
    out.push('\n');
}

/// With commas, to be read.
fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if n < 0 { format!("-{out}") } else { out }
}

fn costs(out: &mut String) {
    head(out, "step", None);
    for what in What::ALL {
        let cells = built().into_iter().map(|driver| {
            let grown = number(grown(driver, what));
            match of(driver, what) {
                Some(it) => format!("**{grown}**<br>measured: {} ({})", it.measured, it.source),
                None => format!("**{grown}**<br>from the model"),
            }
        });
        row(out, what.words(), cells);
    }
    let started = costs_of_all().iter().map(|it| number(it.1[1].cost.growth()));
    row(out, "create one, start it and run a first program in it (from the model)", started);
    let copied = |what: What| {
        costs_of_all().iter().map(move |(_, steps)| number(steps[what.step()].cost.copied as i64))
    };
    row(out, "bytes copied for the first byte (from the model)", copied(What::First));
    row(out, "bytes copied for the second (from the model)", copied(What::Second));
}

/// Without reading it: that takes long and costs nothing.
fn large(out: &mut String) {
    let text = script("costs").unwrap().text;
    let text: String =
        text.lines().filter(|it| !it.contains("cat ")).map(|it| format!("{it}\n")).collect();
    let all = on(&built(), &text);
    head(out, "step", Some("measured"));
    let steps = [
        (1, What::Container, "vfs: two copies"),
        (2, What::First, "overlay2: 1,073,750,016 in 2,396 ms; btrfs: 4,096 of data"),
        (3, What::Second, "overlay2: 0 in 10 ms; btrfs: 4,096 of data"),
        (4, What::Delete, "overlay2: all is freed"),
    ];
    for (at, what, measured) in steps {
        let words = match at {
            1 => "create and start a container".to_owned(),
            _ => what.words().replace("64 MiB", "1 GiB"),
        };
        let cells = all.iter().map(|it| number(it[at].cost.growth()));
        row(out, &words, cells.chain([measured.to_owned()]));
    }
}

fn pages(out: &mut String) {
    let text = script("pages").unwrap().text;
    let text: String =
        text.lines().filter(|it| !it.contains("cat ")).map(|it| format!("{it}\n")).collect();
    let all = on(&built(), &text);
    head(out, "", None);
    let of = |at: usize| {
        all.iter().map(move |steps: &Vec<Step>| match steps[at].pages {
            Some(it) => {
                format!("{} in {} of {}", number(it.bytes as i64), it.inodes, it.containers)
            }
            None => "-".to_owned(),
        })
    };
    row(out, "bytes of page cache, inodes of containers", of(1));
    row(out, "after one has appended a byte", of(2));
}

fn hundred(out: &mut String) {
    let text = script("hundred").unwrap().text;
    let text: String = text.lines().take(3).map(|it| format!("{it}\n")).collect();
    let all = on(&built(), &text);
    head(out, "", None);
    row(out, "one", all.iter().map(|it| number(it[1].cost.growth())));
    row(out, "99 more", all.iter().map(|it| number(it[2].cost.growth())));
    row(
        out,
        "changes of names and attributes for these",
        all.iter().map(|it| number(it[2].cost.metadata as i64)),
    );
}

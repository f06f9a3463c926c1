//! What a name shows when each of three layers has its own thing there.

use super::sheet::Sheet;

/// A slug, words, and lines for a layer (`@`).
type State = (&'static str, &'static str, &'static [&'static str]);

const ABSENT: State = ("absent", "nothing", &[]);
const FILE: State = ("file", "a file", &["f @/x of-@"]);
const DIR: State = ("dir", "a directory", &["d @/x 0700 user.of=@", "f @/x/in-@ 1", "f @/x/all @"]);
const OPAQUE: State = (
    "opaque",
    "an opaque directory",
    &["d @/x 0711 trusted.overlay.opaque=y", "f @/x/in-@ 1", "f @/x/all @"],
);
const SYMLINK: State = ("symlink", "a symbolic link", &["l @/x to-@"]);
const WHITEOUT: State = ("whiteout", "a whiteout", &["w @/x"]);
const MARKED: State =
    ("marked", "a whiteout by attribute", &["f @/x \"\" trusted.overlay.whiteout=y"]);
const REDIRECT: State = (
    "redirect",
    "a directory with a redirect",
    &["d @/x trusted.overlay.redirect=y", "f @/x/in-@ 1"],
);
const FULL: State =
    ("dir-whiteout", "a directory with a whiteout", &["d @/x", "w @/x/all", "f @/x/in-@ 1"]);

const UPPERS: &[State] = &[ABSENT, FILE, DIR, OPAQUE, SYMLINK, WHITEOUT, MARKED, REDIRECT, FULL];
const MIDDLES: &[State] = &[ABSENT, FILE, DIR, OPAQUE, SYMLINK, WHITEOUT, MARKED, REDIRECT, FULL];
const LOWESTS: &[State] = &[ABSENT, FILE, DIR, FULL];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("layers");
    for upper in UPPERS {
        for middle in MIDDLES {
            for lowest in LOWESTS.iter().filter(|it| tells(upper, middle, it)) {
                one(&mut sheet, [upper, middle, lowest]);
            }
        }
    }
    sheet
}

fn is_dir(state: &State) -> bool {
    matches!(state.0, "dir" | "opaque" | "redirect" | "dir-whiteout")
}

/// Does the lowest layer make a difference, or show that it makes none?
fn tells(upper: &State, middle: &State, lowest: &State) -> bool {
    let asked = |it: &State| it.0 == "absent" || is_dir(it);
    match lowest.0 {
        "dir" => true,
        "absent" => upper.0 != "absent" && asked(upper) && is_dir(middle),
        _ => asked(upper) && asked(middle) && (is_dir(upper) || is_dir(middle)),
    }
}

fn one(sheet: &mut Sheet, states: [&State; 3]) {
    let [upper, middle, lowest] = states;
    let title = format!("{} above {} above {}", upper.1, middle.1, lowest.1);
    let plant = |layer: &str, state: &State| -> Vec<String> {
        state.2.iter().map(|it| it.replace('@', layer)).collect()
    };
    sheet
        .case(&format!("{}-{}-{}", upper.0, middle.0, lowest.0), &title, "R2.1 R2.3 R2.5")
        .layers("l1 l2 u")
        .options("redirect_dir=on")
        .do_(["d l2/y", "f l2/y/moved 1", "d l1/y", "f l1/y/moved 1 0600"])
        .do_(plant("u", upper))
        .do_(plant("l1", middle))
        .do_(plant("l2", lowest))
        .do_(["mount", "mknod m/x/new f 0600", "rmdir m/x", "unlink m/x"])
        .done();
}

//! Deleting each kind of object in each place, and making the name anew.

use super::sheet::Sheet;
use super::world::{Kind, Place};

const PLACES: &[Place] = &[
    Place::Lower,
    Place::Upper,
    Place::Both,
    Place::TwoLowers,
    Place::AboveWhiteout,
    Place::InLower,
    Place::InMerged,
    Place::InOpaque,
    Place::InPure,
    Place::InMoved,
];
const SOME: &[Place] = &[Place::Lower, Place::Both, Place::InMoved];
const FILES: &[Kind] =
    &[Kind::File, Kind::Linked, Kind::Symlink, Kind::Fifo, Kind::Socket, Kind::Char, Kind::Block];
const DIRS: &[Kind] = &[Kind::EmptyDir, Kind::Whites, Kind::OpaqueDir, Kind::Dir];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("remove");
    for kind in FILES {
        let places = if *kind == Kind::File { PLACES } else { SOME };
        places.iter().for_each(|place| one(&mut sheet, "unlink", *kind, *place));
    }
    for kind in DIRS {
        let all = matches!(kind, Kind::EmptyDir | Kind::Whites);
        let places = if all { PLACES } else { &[Place::Upper, Place::Both, Place::InMoved] };
        places.iter().for_each(|place| one(&mut sheet, "rmdir", *kind, *place));
    }
    for place in PLACES {
        one(&mut sheet, "rmdir", Kind::File, *place);
        one(&mut sheet, "unlink", Kind::Dir, *place);
        emptied(&mut sheet, *place);
    }
    sheet
}

fn one(sheet: &mut Sheet, verb: &str, kind: Kind, place: Place) {
    let path = format!("m/{}x", place.dir());
    let title =
        format!("{verb} of {} {}, and a file made in its place", kind.phrase(), place.phrase());
    sheet
        .case(&format!("{verb}/{}-{}", kind.slug(), place.slug()), &title, "R5.1 R5.2")
        .layers(place.layers())
        .options(place.options())
        .do_(place.plant(kind, "x"))
        .do_(["mount".to_owned(), format!("{verb} {path}"), format!("{verb} {path}")])
        .do_([format!("mknod {path} f 0600")])
        .done();
}

/// A directory is emptied, removed and made again.
fn emptied(sheet: &mut Sheet, place: Place) {
    let path = format!("m/{}x", place.dir());
    let title = format!("a directory {} emptied, removed and made anew", place.phrase());
    sheet
        .case(&format!("emptied/{}", place.slug()), &title, "R5.5 R5.5a R5.8a")
        .layers(place.layers())
        .options(place.options())
        .do_(place.plant(Kind::Dir, "x"))
        .do_(["mount".to_owned()])
        .do_(["u", "l1", "l2"].map(|layer| format!("unlink {path}/in-{layer}")))
        .do_([format!("rmdir {path}"), format!("mkdir {path} 0700"), format!("mkdir {path}/in-l1")])
        .done();
}

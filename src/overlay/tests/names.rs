//! Names come, go and move: merged view and upper layer after each script.

use super::bed::Bed;

/// Runs a script; compares the merged tree and the upper one without its root.
fn check(fixture: &str, script: &str, merged: &[&str], upper: &[&str]) {
    let mut bed = Bed::with_fixture(2, fixture);
    for line in script.lines() {
        bed.run(line).unwrap_or_else(|errno| panic!("{line}: {errno:?}"));
    }
    let below = |text: String| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(below(bed.merged()), merged);
    assert_eq!(below(bed.raw("u")), upper);
}

#[test]
fn a_whiteout_takes_the_place_of_a_lower_file() {
    check("f l1/a x", "unlink a", &[], &["a c 0000 0:0"]);
    check("f l1/a x", "chmod a\nunlink a", &[], &["a c 0000 0:0"]);
    check("", "create a\nunlink a", &[], &[]);
}

#[test]
fn a_directory_over_a_whiteout_is_opaque() {
    check(
        "f l1/d/a x",
        "unlink d/a\nrmdir d\nmkdir d",
        &["d d 0755 0:0"],
        &["d d 0755 0:0 trusted.overlay.opaque=1"],
    );
}

#[test]
fn a_renamed_lower_file_leaves_a_whiteout() {
    check(
        "f l2/a x",
        "rename a b",
        &["b f 0644 0:0 \"x\""],
        &["a c 0000 0:0", "b f 0644 0:0 \"x\" trusted.overlay.origin=33"],
    );
}

#[test]
fn a_whiteout_in_the_middle_is_enough() {
    check("f l2/a x\nw l1/a", "create a\nunlink a", &[], &[]);
}

#[test]
fn a_copied_up_file_keeps_its_directory_impure() {
    check(
        "f l1/d/a hello",
        "truncate d/a",
        &["d d 0755 0:0", "d/a f 0644 0:0 \"he\""],
        &[
            "d d 0755 0:0 trusted.overlay.impure=1 trusted.overlay.origin=33",
            "d/a f 0644 0:0 \"he\" trusted.overlay.origin=33",
        ],
    );
}

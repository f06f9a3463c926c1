//! Tests of the whole room through the file system trait, on a memory file system.
//!
//! A script is a line per operation; what is compared is text: the merged tree and the raw ones.

mod bed;
mod crash;
mod names;
mod replay;

use bed::Bed;

#[test]
fn a_first_mount_prepares_work_and_writes_a_uuid() {
    let bed = Bed::new(1);
    let upper = bed.clone().raw("u");
    assert_eq!(upper.lines().count(), 1, "{upper}");
    assert!(upper.contains("trusted.overlay.uuid=16"), "{upper}");
    assert_eq!(bed.clone().raw("w"), ". d 0755 0:0\nwork d 0000 0:0\n");
    let shown = bed.overlay().config().clone();
    assert_eq!(
        super::params::show(&shown, false, super::Profile::V6_18),
        b"lowerdir=l1,upperdir=u,workdir=w,uuid=on"
    );
}

#[test]
fn an_upper_directory_that_is_the_work_directory_is_refused_in_words() {
    let (errno, log) = Bed::try_options("lowerdir=l1,upperdir=u,workdir=u");
    assert_eq!(errno, Some(crate::errno::Errno::EINVAL));
    assert_eq!(log, ["overlayfs: workdir and upperdir must be separate subtrees"]);
}

/// A warm lookup asks no layer, hit or miss, whatever their number.
#[test]
fn a_warm_lookup_does_not_see_the_layers() {
    let mut bed = Bed::with_fixture(30, "f l30/a x\nd l7/d\nf l30/d/b x");
    for path in ["a", "d/b", "missing", "d/missing"] {
        let _ = bed.find(path);
        bed.record();
        let _ = bed.find(path);
        let steps = bed.steps();
        assert!(steps.is_empty(), "{path}: {steps:?}");
    }
}

/// A merged listing is made once; a change of the directory, or of a layer, makes a new one.
#[test]
fn listings_are_kept_until_something_changes() {
    use crate::trace::{Rule, Step};
    let built = |bed: &mut Bed| {
        bed.record();
        let names = bed.list("d");
        let rule = |it: &Step| matches!(it, Step::Decide { rule: Rule::ReadDirMerged, .. });
        (names, bed.steps().iter().any(rule))
    };
    let mut bed = Bed::with_fixture(2, "f l1/d/a x\nf l2/d/b x");
    assert_eq!(built(&mut bed), (vec!["b".to_owned(), "a".to_owned()], true));
    assert!(!built(&mut bed).1 || !bed.keeps_versions());
    bed.run("create d/c").expect("creates");
    assert_eq!(built(&mut bed).0.len(), 3);
}

#[test]
fn old_and_new_kernels_differ_in_opaque_directories() {
    for (profile, opaque) in [((6, 18), false), ((5, 4), true), ((4, 4), false)] {
        let profile = super::Profile { version: super::Version(profile.0, profile.1) };
        let mut bed = Bed::of_profile(profile);
        bed.run("mkdir new").expect("makes");
        assert_eq!(bed.raw("u").contains("opaque"), opaque, "{}", profile.version);
    }
}

#[test]
fn changing_a_layer_under_a_mount_is_called_undefined() {
    use crate::trace::Step;
    let mut bed = Bed::with_fixture(2, "f l2/d/a x\nd elsewhere");
    let warned = |bed: &mut Bed, path: &str| {
        bed.record();
        bed.warn(path);
        bed.steps().iter().any(|it| matches!(it, Step::Undefined { .. }))
    };
    assert!(warned(&mut bed, "l2/d"));
    assert!(warned(&mut bed, "u"));
    assert!(warned(&mut bed, "w"));
    assert!(!warned(&mut bed, "elsewhere"));
    bed.find("d/a").expect("is there");
    assert!(warned(&mut bed, "l2/d/a"));
}

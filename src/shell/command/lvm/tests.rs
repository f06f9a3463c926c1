//! Beside the scripts of `tests/storage/devices`: the format, against what lvm 2.03.16 wrote.

use super::model::{Group, Kind, Logical, Physical, Segment};
use super::{bytes, disk, short, text};

fn group() -> Group {
    let physical = |id: &str, device: &str, extents| Physical {
        id: disk::dashed(&id.repeat(32)),
        device: device.to_owned(),
        size: 8192 * (extents + 1),
        start: 2048,
        extents,
    };
    let logical = |name: &str, segments| Logical {
        name: name.to_owned(),
        id: disk::dashed(&"x".repeat(32)),
        visible: !name.contains("_t"),
        skip: name == "snap",
        created: 7,
        profile: (name == "pool").then(|| "docker-thinpool".to_owned()),
        segments,
    };
    let segment = |start, count, kind| Segment { start, count, kind };
    let thin = |id, origin: Option<&str>| {
        let origin = origin.map(str::to_owned);
        vec![segment(0, 9, Kind::Thin { pool: "pool".to_owned(), id, transaction: 1, origin })]
    };
    let (meta, data) = ("pool_tmeta".to_owned(), "pool_tdata".to_owned());
    let pool = Kind::Pool { meta, data, transaction: 2, chunk: 1024, zero: false };
    Group {
        name: "docker".to_owned(),
        id: disk::dashed(&"g".repeat(32)),
        seqno: 4,
        extent: 8192,
        physical: vec![physical("a", "/dev/loop0", 10), physical("b", "/dev/loop1", 5)],
        logical: vec![
            logical(
                "pool_tdata",
                vec![
                    segment(0, 8, Kind::Linear { on: 0, at: 0 }),
                    segment(8, 3, Kind::Linear { on: 1, at: 0 }),
                ],
            ),
            logical("pool_tmeta", vec![segment(0, 1, Kind::Linear { on: 0, at: 8 })]),
            logical("pool", vec![segment(0, 11, pool)]),
            logical("one", thin(1, None)),
            logical("snap", thin(2, Some("one"))),
        ],
    }
}

#[test]
fn a_group_is_read_as_it_was_written() {
    let group = group();
    let written = text::write(&group, "vgcreate docker", "vm", 1);
    assert_eq!(text::read(&written).unwrap(), group);
    for cut in (0..written.len()).step_by(7) {
        // Whatever is on a device is read or refused.
        let _ = text::read(&written[..cut]);
    }
    let deep = "a {".repeat(10_000);
    for wrong in
        ["", "docker {", "docker { id = \"x\" }", "a = [", "}", "a { b = c }", deep.as_str()]
    {
        assert!(text::read(wrong).is_none());
    }
}

#[test]
fn extents_come_from_the_first_free_ones() {
    let group = group();
    assert_eq!((group.extents(), group.free(), group.free_of(1)), (15, 3, 2));
    let new = group.allocate(0, 3).unwrap();
    let at = |on, at| Kind::Linear { on, at };
    let places: Vec<(u64, Kind)> = new.into_iter().map(|it| (it.count, it.kind)).collect();
    assert_eq!(places, [(1, at(0, 9)), (2, at(1, 3))]);
    assert!(group.allocate(0, 4).is_none());
}

/// As pvs, vgs and lvs of 2.03.16 wrote them.
#[test]
fn sizes_say_when_they_are_rounded_up() {
    for (mib, want) in [
        (196, "196.00m"),
        (2044, "<2.00g"),
        (1020, "1020.00m"),
        (2144, "2.09g"),
        (3064, "2.99g"),
        (0, "0 "),
    ] {
        assert_eq!(short(mib * 2048, false), want);
    }
    assert_eq!(short(8192, true), "4.00 MiB");
    for (text, want) in [
        ("10M", 10 << 20),
        ("100", 100 << 20),
        ("512K", 512 << 10),
        ("8s", 4096),
        ("1.5g", 3 << 29),
        ("7b", 7),
    ] {
        assert_eq!(bytes(text), Some(want), "{text}");
    }
    for wrong in ["", "x", "-1G", "1q", "1e300g"] {
        assert_eq!(bytes(wrong), None, "{wrong}");
    }
}

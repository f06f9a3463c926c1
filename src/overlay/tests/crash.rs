//! Faults: a write that fails, and a machine that stops at any write.

use super::bed::Bed;
use super::replay::{Dice, FIXTURE};
use crate::errno::Errno;
use crate::overlay::{Fault, FaultPlan};

const WRITES_MAX: u64 = 60;

fn plan(fault: Fault) -> FaultPlan {
    FaultPlan { fault, writes: 0 }
}

/// Stop anywhere, mount again: either nothing has happened or all of it.
#[test]
fn a_crash_leaves_the_state_before_or_after() {
    for seed in 1..25 {
        let mut dice = Dice(seed * 104_729);
        let mut bed = Bed::with_fixture(2, FIXTURE);
        for _ in 0..12 {
            let line = dice.operation();
            // Several changes of attributes in a row are no transaction on Linux either.
            let atomic = !["chown", "write"].iter().any(|it| line.starts_with(it));
            let before = bed.merged();
            let start = bed.clone();
            let done = bed.run(&line);
            let after = bed.merged();
            for write in 0..WRITES_MAX {
                let mut hurt = start.clone();
                hurt.overlay_mut().set_faults(plan(Fault::Crash { write }));
                let res = hurt.run(&line);
                hurt.unmount();
                hurt.mount().unwrap_or_else(|err| panic!("seed {seed}: {line}: {err:?}"));
                let now = hurt.merged();
                let fits = now == before || now == after;
                assert!(!atomic || fits, "seed {seed}: {line} at {write}:\n{before}\n{now}");
                if res == done {
                    break;
                }
            }
        }
    }
}

/// No room for the data: no file, but its parents stay (4.2).
#[test]
fn a_copy_without_room_leaves_its_parents() {
    let mut bed = Bed::with_fixture(1, "f l1/d/big data");
    let mut refused = 0;
    for write in 0..WRITES_MAX {
        let mut hurt = bed.clone();
        let fault = Fault::Fail { write, errno: Errno::ENOSPC };
        hurt.overlay_mut().set_faults(plan(fault));
        if hurt.run("chmod d/big").is_ok() {
            continue;
        }
        refused += 1;
        assert!(!hurt.raw("w").contains('#'), "{}", hurt.raw("w"));
        let shown = hurt.merged();
        assert!(shown.contains("d/big f 0644 0:0 \"data\""), "{write}: {shown}");
    }
    assert!(refused > 8, "{refused}");
    bed.run("chmod d/big").expect("with room it works");
}

/// The whiteout that all names share has as many links as the file system allows: it goes to its place
/// itself and the next one is new (observed on 6.18 with the 65,000 links of ext4).
#[test]
fn a_shared_whiteout_without_a_link_left_is_used_up() {
    let mut bed = Bed::with_fixture(1, "f l1/a\nf l1/b\nf l1/c");
    bed.run("unlink a").expect("the first whiteout");
    assert!(bed.raw("w").contains('#'), "{}", bed.raw("w"));
    let link = Fault::Fail { write: 0, errno: Errno::EMLINK };
    bed.overlay_mut().set_faults(plan(link));
    bed.run("unlink b").expect("a whiteout without a link");
    assert!(!bed.raw("w").contains('#'), "{}", bed.raw("w"));
    bed.overlay_mut().set_faults(FaultPlan::default());
    bed.run("unlink c").expect("the next whiteout");
    assert!(bed.raw("w").contains('#'), "{}", bed.raw("w"));
    for name in ["a", "b", "c"] {
        assert!(bed.raw("u").contains(&format!("{name} c 0000")), "{}", bed.raw("u"));
    }
}

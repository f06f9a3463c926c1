//! The trace is complete: its writes, done again on the state before, give the state after.

use super::bed::Bed;

/// A small generator: the scripts are the same on every machine.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn path(&mut self) -> String {
        let names = ["a", "b", "c", "d"];
        let mut pick = || names[self.below(4) as usize];
        match pick() {
            "a" => pick().to_owned(),
            "b" => format!("{}/{}", pick(), pick()),
            _ => format!("d/{}", pick()),
        }
    }

    pub fn operation(&mut self) -> String {
        let verbs = [
            "mkdir", "create", "symlink", "mkfifo", "unlink", "unlink", "rmdir", "rmdir", "chmod",
            "chown", "truncate", "setxattr", "write", "link", "rename", "rename", "exchange",
        ];
        let verb = verbs[self.below(verbs.len() as u64) as usize];
        format!("{verb} {} {}", self.path(), self.path())
    }
}

pub const FIXTURE: &str = "f l1/a one\nf l1/d/a x\nf l2/d/b yy\nf l2/b/c zz\nd l1/b\nf l2/c/d/e q\n\
                           w l1/d/c\nf l2/d/c hidden\nf l2/a two\nd l2/e\nf u/d/u upper";

#[test]
fn replaying_the_writes_gives_the_same_state() {
    for seed in 1..60 {
        let mut dice = Dice(seed * 0x9e37_79b9);
        let mut bed = Bed::with_fixture(2, FIXTURE);
        for _ in 0..40 {
            let line = dice.operation();
            let mut before = bed.clone();
            bed.record();
            let done = bed.run(&line);
            let steps = bed.steps();
            before.replay(&steps);
            for dir in ["u", "w", "l1", "l2"] {
                let (again, after) = (before.raw(dir), bed.raw(dir));
                assert_eq!(again, after, "seed {seed}: {line} -> {done:?}, {dir}");
            }
        }
    }
}

/// Nothing but the upper layer and the work directory is ever written.
#[test]
fn lower_layers_never_change() {
    let mut bed = Bed::with_fixture(2, FIXTURE);
    let lowers = (bed.raw("l1"), bed.raw("l2"));
    let mut dice = Dice(77);
    for _ in 0..400 {
        let _ = bed.run(&dice.operation());
    }
    assert_eq!((bed.raw("l1"), bed.raw("l2")), lowers);
}

/// What was done is what a fresh mount shows.
#[test]
fn a_remount_shows_the_same() {
    for seed in 1..40 {
        let mut dice = Dice(seed * 7919);
        let mut bed = Bed::with_fixture(2, FIXTURE);
        for _ in 0..30 {
            let _ = bed.run(&dice.operation());
        }
        let before = bed.merged();
        bed.unmount();
        bed.mount().expect("mounts again");
        assert_eq!(bed.merged(), before, "seed {seed}");
    }
}

/// A clone is a snapshot: what happens to one is not seen by the other.
#[test]
fn a_snapshot_is_untouched() {
    let mut bed = Bed::with_fixture(2, FIXTURE);
    let mut dice = Dice(5);
    for _ in 0..20 {
        let _ = bed.run(&dice.operation());
    }
    let mut kept = bed.clone();
    let (merged, upper) = (bed.merged(), bed.raw("u"));
    for _ in 0..50 {
        let _ = bed.run(&dice.operation());
    }
    assert_eq!((kept.merged(), kept.raw("u")), (merged, upper));
}

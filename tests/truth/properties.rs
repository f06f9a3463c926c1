//! What holds anywhere, tried on every case, after each of its operations:
//!
//! - doing the recorded writes again on the state before gives the state after, and no write is
//!   one to a lower layer;
//! - a snapshot is not touched by what happens after it was taken (undo), and the same operation
//!   on it gives the same state again (redo);
//! - `fsck.overlay` finds nothing in the layers, if it found nothing before the first mount;
//! - a fresh mount of the layers shows the same tree (at the end, where nobody changed a layer by
//!   hand since the first mount, and no header `remount:` says why it may not).

use super::afterwards;
use super::cases::{self, Recorded};
use layerglass::cred::Cred;
use layerglass::errno::Errno;
use layerglass::overlay;
use layerglass::testing::case::{Case, Op};
use layerglass::testing::engine::EngineDisks;
use layerglass::testing::observe::Look;
use layerglass::testing::record::look_for;
use layerglass::testing::run::{Paused, Run};
use layerglass::trace::step::{Layer, RealWrite};
use layerglass::trace::{Rule, Step};
use layerglass::types::FsId;
use layerglass::vfs::{Kernel, Pid};
use libtest_mimic::{Failed, Trial};

pub fn trials() -> Vec<Trial> {
    let one =
        |it: &'static Recorded| Trial::test(format!("properties/{}", it.name), || all_of(&it.case));
    cases::all().iter().map(one).collect()
}

/// A case under way.
struct Walk {
    kernel: Kernel,
    pid: Pid,
}

fn all_of(case: &Case) -> Result<(), Failed> {
    let (machine, engine) = afterwards::machine();
    let mut walk = Walk { kernel: engine.kernel, pid: engine.pid };
    walk.kernel.trace.set_on(true);
    let mut script = Run::start(&mut walk.kernel.sys(walk.pid), &mut EngineDisks, case)
        .map_err(|errno| format!("the lab: {errno:?}"))?
        .pause();
    let mut through = Through::default();
    // A case may begin with layers that do not fit together.
    let mut sound = true;
    let mut mount = None;
    let mut ambiguous = false;
    for (nth, step) in case.steps.iter().enumerate() {
        let before = walk.kernel.clone();
        let kept = before.state_text();
        let was_mounted = script.is_mounted();
        let (again, look) = (script.clone(), look_for(case, nth));
        script = walk.one(script, &step.op, look);
        let mounted = script.is_mounted();
        let at = |what: &str| format!("line {}: {}: {what}", step.line, step.op);
        if before.state_text() != kept {
            return Err(at("a snapshot changed").into());
        }
        let mut redo = Walk { kernel: before.clone(), pid: walk.pid };
        redo.one(again, &step.op, look);
        if let Some(diff) = first_difference(&redo.kernel.state_text(), &walk.kernel.state_text()) {
            return Err(at(&format!("done again it is something else\n{diff}")).into());
        }
        let steps = walk.kernel.trace.take();
        if let Some(write) = steps.iter().find(|it| is_lower_write(it)) {
            return Err(at(&format!("a lower layer was written: {write:?}")).into());
        }
        // How much of a direct write was done before it failed, no step says.
        let in_part = |it: &Step| {
            matches!(
                it,
                Step::Write { write: RealWrite::Write { .. }, errno: Some(Errno::EINVAL), .. }
            )
        };
        if through.is_overlay_only(&step.op, mounted) && mounted && !steps.iter().any(in_part) {
            replay(before, &walk.kernel, &steps).map_err(|why| at(&why))?;
        }
        if mounted && !was_mounted {
            mount = Some(&step.op);
        }
        ambiguous |= steps.iter().any(is_ambiguous);
        sound &= !steps.iter().any(is_refused);
        let wrote = steps.iter().any(|it| matches!(it, Step::Write { .. }));
        if !mounted || wrote || through.tampered {
            let complaints = afterwards::complaints(&machine, &walk.kernel, script.lab());
            if let (true, true, false, Some(said)) = (sound, mounted, through.tampered, &complaints)
            {
                return Err(at(said).into());
            }
            sound = complaints.is_none();
        }
    }
    let plain = script.is_mounted() && !through.tampered && !through.offline && !ambiguous;
    let plain = plain && case.get("remount").is_empty();
    if let (Some(mount), true) = (mount, plain) {
        if let Some(diff) = afterwards::remounted(&walk.kernel, walk.pid, &script, mount)? {
            return Err(format!("a fresh mount shows something else: {diff}").into());
        }
    }
    Ok(())
}

impl Walk {
    fn one(&mut self, script: Paused, op: &Op, look: Look) -> Paused {
        let mut sys = self.kernel.sys(self.pid);
        let mut run = script.resume(&mut sys);
        let _ = run.step(op);
        if run.has_begun() {
            run.look(look);
        }
        run.pause()
    }
}

/// Two names claim one lower object: the one that is looked up first gets it (R2.15).
fn is_ambiguous(step: &Step) -> bool {
    matches!(step, Step::Decide { rule: Rule::DuplicateOrigin, .. })
}

/// The upper layer takes no mark there (append-only): it is missing from then on, as on Linux.
fn is_refused(step: &Step) -> bool {
    matches!(step, Step::Write { errno: Some(Errno::EPERM), .. })
}

fn is_lower_write(step: &Step) -> bool {
    matches!(step, Step::Write { layer: Layer::Lower(_) | Layer::Base, .. })
}

/// Does the recorded writes on `before` and compares with `after`.
fn replay(mut before: Kernel, after: &Kernel, steps: &[Step]) -> Result<(), String> {
    let real: Vec<FsId> = real_disks(&before);
    let mut after = after.clone();
    let root = Cred::root();
    before.trace.set_on(false);
    for step in steps {
        let Step::Write { fs, write, errno: None, .. } = step else { continue };
        if real.contains(fs) {
            before
                .cx(&root, |cx| overlay::replay(cx, *fs, write))
                .map_err(|errno| format!("{errno:?} at {write:?}"))?;
        }
    }
    for fs in real {
        let (mut got, mut want) = (String::new(), String::new());
        before.disk_text(fs, &mut got);
        after.disk_text(fs, &mut want);
        if let Some(diff) = first_difference(&timeless(&got), &timeless(&want)) {
            return Err(format!("the writes of the trace give something else\n{diff}"));
        }
    }
    Ok(())
}

/// File systems that are no overlays.
fn real_disks(kernel: &Kernel) -> Vec<FsId> {
    let kind = |id: &FsId| kernel.disks.peek(*id).map_or("", |it| it.type_name());
    kernel.disks.ids().filter(|id| !matches!(kind(id), "overlay" | "proc")).collect()
}

/// Without times: a write done again has another one.
fn timeless(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("Timespec {") {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once('}').map_or("", |it| it.1);
    }
    out + rest
}

fn first_difference(got: &str, want: &str) -> Option<String> {
    let (mut a, mut b) = (got.lines(), want.lines());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return None,
            (x, y) if x == y => {}
            (x, y) => {
                return Some(format!(
                    "  expected {}\n  got      {}",
                    y.unwrap_or("-"),
                    x.unwrap_or("-")
                ));
            }
        }
    }
}

/// Which operations go through the overlay alone: what a script does to a layer by hand is in no
/// overlay's trace.
#[derive(Default)]
struct Through {
    /// Descriptors of objects that are not in the overlay.
    outside: Vec<Vec<u8>>,
    moved: bool,
    /// Somebody changed a layer by hand while it was mounted.
    tampered: bool,
    /// Somebody did between two mounts.
    offline: bool,
    seen_mounted: bool,
}

impl Through {
    fn is_overlay_only(&mut self, op: &Op, mounted: bool) -> bool {
        self.moved |= op.verb == "chdir";
        let inside = |it: &Vec<u8>| match it.strip_prefix(b"%") {
            Some(fd) => {
                let name = fd.split(|b| *b == b'/').next().unwrap_or_default();
                self.outside.iter().all(|it| it != name)
            }
            None => it == b"m" || it.starts_with(b"m/"),
        };
        let paths = || op.args.iter().filter(|it| it.starts_with(b"%") || it.contains(&b'/'));
        let (all, any) = (paths().all(inside), paths().next().is_some());
        if op.verb == "open" && !paths().skip(1).all(inside) {
            let name = op.args.first().and_then(|it| it.strip_prefix(b"%")).unwrap_or_default();
            self.outside.push(name.to_vec());
        }
        let mounts = ["mount", "remount", "umount", "mounts", "bind", "fsmount"];
        let by_hand = !all && !mounts.contains(&&op.verb[..]) || self.moved;
        let by_hand = by_hand || op.is_fixture();
        self.tampered |= mounted && by_hand;
        self.seen_mounted |= mounted;
        self.offline |= self.seen_mounted && by_hand;
        !self.moved && all && any && !op.is_fixture()
    }
}

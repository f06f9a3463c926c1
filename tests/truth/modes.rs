//! The same scripts under other circumstances: each case is changed in one way, and the kernel
//! below and the engine have to agree on the result as well.

use layerglass::testing::case::{Case, Op, Step};

/// A name, and what it makes of a case (nothing where it makes no sense).
pub type Mode = (&'static str, fn(&Case) -> Option<Case>);

pub const MODES: &[Mode] = &[
    ("trailing-slash", trailing_slash),
    ("remount", remount),
    ("rotated", rotated),
    ("ext4", |case| on_disks(case, "ext4")),
    ("ramfs-lowers", |case| on_disks(case, "u=tmpfs ramfs")),
    ("two-disks", |case| on_disks(case, "u=tmpfs tmpfs2")),
    ("ext4-upper", |case| on_disks(case, "u=ext4 tmpfs")),
    ("more-lowers", more_lowers),
    ("nested", nested),
    ("userxattr", userxattr),
    ("more-options", more_options),
];

/// Every layer on its disk (`LAYER=DISK` or one for the others).
fn on_disks(case: &Case, disks: &str) -> Option<Case> {
    let mut out = case.clone();
    out.set("disks", disks);
    case.get("disks").is_empty().then_some(out)
}

/// Every path in the overlay is followed by a slash.
fn trailing_slash(case: &Case) -> Option<Case> {
    let mut out = case.clone();
    let mut changed = false;
    for step in out.steps.iter_mut().filter(|it| !it.op.is_fixture()) {
        for arg in step.op.args.iter_mut().filter(|it| it.starts_with(b"m/")) {
            changed |= !arg.ends_with(b"/");
            arg.push(b'/');
        }
    }
    changed.then_some(out)
}

/// Unmounted and mounted again after each operation: nothing may live in memory alone.
fn remount(case: &Case) -> Option<Case> {
    let mount = plain_mount(case)?;
    let mut out = case.clone();
    out.steps.truncate(mount + 1);
    for step in &case.steps[mount + 1..] {
        out.steps.push(step.clone());
        if !step.op.is_fixture() {
            out.steps.extend([new_step("umount"), new_step("mount")]);
        }
    }
    Some(out)
}

/// At the end the upper layer becomes a lower one of a new overlay, where everything happens
/// again.
fn rotated(case: &Case) -> Option<Case> {
    let mount = plain_mount(case)?;
    let lowers: Vec<&str> =
        case.get("layers").split_ascii_whitespace().filter(|it| *it != "u").collect();
    let lowers = if lowers.is_empty() { "l1".to_owned() } else { lowers.join(":") };
    let again = format!("mount lowerdir=u:{lowers},upperdir=u2,workdir=w2");
    let mut out = case.clone();
    out.steps.extend(["umount", "d u2", "d w2", &again].map(new_step));
    out.steps.extend(case.steps[mount + 1..].iter().cloned());
    Some(out)
}

/// Two more lower layers: one on top that has a bit of everything, and an empty one below.
fn more_lowers(case: &Case) -> Option<Case> {
    plain_mount(case)?;
    let layers = match case.get("layers") {
        "" => "l1 u",
        it => it,
    };
    let mut out = case.clone();
    out.set("layers", &format!("l98 {layers} l99"));
    let more =
        ["f l98/a top", "d l98/d", "f l98/d/b top", "w l98/b", "f l99/bottom 9"].map(new_step);
    out.steps.splice(0..0, more);
    Some(out)
}

/// The lower layers are an overlay themselves.
fn nested(case: &Case) -> Option<Case> {
    let mount = plain_mount(case)?;
    case.get("disks").is_empty().then_some(())?;
    let lowers: Vec<&str> =
        case.get("layers").split_ascii_whitespace().filter(|it| *it != "u").collect();
    let lowers = if lowers.is_empty() { "l1".to_owned() } else { lowers.join(":") };
    let mut out = case.clone();
    // Numbers of the inner overlay are none of the disk's.
    out.set("disks", "u=tmpfs tmpfs2");
    out.steps[mount] = new_step("mount lowerdir=inner,upperdir=u,workdir=w");
    let inner = format!("mount lowerdir={lowers}:none inner");
    out.steps.splice(mount..mount, ["d none", "d inner", &inner].map(new_step));
    Some(out)
}

/// The overlay's own attributes are those of users.
fn userxattr(case: &Case) -> Option<Case> {
    plain_mount(case)?;
    let mut out = case.clone();
    out.set("options", "userxattr");
    for arg in out.steps.iter_mut().flat_map(|it| &mut it.op.args) {
        if let Some(rest) = arg.strip_prefix(b"trusted.overlay.") {
            *arg = [b"user.overlay.", rest].concat();
        }
    }
    Some(out)
}

/// With the options that make a mount remember more.
fn more_options(case: &Case) -> Option<Case> {
    plain_mount(case)?;
    let mut out = case.clone();
    out.set("options", "redirect_dir=on,metacopy=on,index=on,xino=on");
    Some(out)
}

/// The place of the mount, in a case that mounts once, with the usual options, an upper layer, and
/// holds nothing open.
fn plain_mount(case: &Case) -> Option<usize> {
    let verbs = ["mount", "fsmount", "umount", "remount", "bind", "open", "chdir", "as"];
    let mut special =
        case.steps.iter().enumerate().filter(|(_, it)| verbs.contains(&&it.op.verb[..]));
    let (at, step) = special.next()?;
    let usual = step.op.verb == "mount" && step.op.args.is_empty() && special.next().is_none();
    let upper = case.get("layers").is_empty() || case.get("layers").split(' ').any(|it| it == "u");
    (usual && upper && case.get("options").is_empty()).then_some(at)
}

fn new_step(line: &str) -> Step {
    let op = Op::parse(line).expect("a line of a script");
    Step { lead: Vec::new(), line: 0, op, seen: Vec::new() }
}

//! From the engine's steps to what people call it: copied up, whited out, created. Reads only what
//! the steps say (which verb, which rule decided, which writes were done).

use super::{Beat, BeatKind, Effect};
use crate::trace::step::{Layer, RealWrite, Verb, Verdict};
use crate::trace::{Rule, Step};
use crate::types::Dev;

/// Beats that one step may have; more are cut.
const EFFECTS_MAX: usize = 60;

/// What a step did to overlays, in order.
pub fn effects(trace: &[Step]) -> Vec<Effect> {
    let mut reader = Reader { open: Vec::new(), out: Vec::new(), seen: Vec::new() };
    for step in trace {
        reader.step(step);
        if reader.out.len() >= EFFECTS_MAX {
            break;
        }
    }
    reader.out
}

/// A verb under way.
struct Open {
    overlay: u32,
    verb: Verb,
    path: String,
    rules: Vec<Rule>,
    writes: Vec<Step>,
    refused: Option<(Rule, crate::errno::Errno)>,
}

struct Reader {
    open: Vec<Open>,
    out: Vec<Effect>,
    /// Where each path was found last.
    seen: Vec<(u32, String, Layer)>,
}

impl Reader {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Begin { overlay, verb, path } => self.open.push(Open {
                overlay: overlay.0,
                verb: *verb,
                path: path.trim_start_matches('/').to_owned(),
                rules: Vec::new(),
                writes: Vec::new(),
                refused: None,
            }),
            Step::End { errno, .. } => {
                if let Some(open) = self.open.pop() {
                    self.close(open, errno.is_some());
                }
            }
            Step::Lookup { overlay, path, layer, verdict, .. } => {
                if !matches!(verdict, Verdict::Absent | Verdict::Hidden | Verdict::Error(_)) {
                    let path = path.trim_start_matches('/').to_owned();
                    let known = |it: &&(u32, String, Layer)| it.0 == overlay.0 && it.1 == path;
                    // The topmost answer of the latest lookup counts.
                    let from_above = self.seen.last().filter(known).is_some_and(|it| it.2 < *layer);
                    if !from_above {
                        self.seen.retain(|it| it.0 != overlay.0 || it.1 != path);
                        self.seen.push((overlay.0, path, *layer));
                    }
                }
            }
            Step::Decide { rule, errno, .. } => {
                if let Some(open) = self.open.last_mut() {
                    open.rules.push(*rule);
                    if let Some(errno) = errno {
                        open.refused = Some((*rule, *errno));
                    }
                }
            }
            Step::Write { errno: None, .. } => {
                if let Some(open) = self.open.last_mut() {
                    open.writes.push(step.clone());
                }
            }
            Step::Undefined { path, note } => {
                self.out.push(Effect::Undefined { path: path.clone(), note: note.clone() });
            }
            _ => {}
        }
    }

    fn close(&mut self, open: Open, failed: bool) {
        let Open { overlay, verb, path, .. } = &open;
        let (overlay, path) = (*overlay, path.clone());
        if failed {
            if let Some((rule, errno)) = open.refused.filter(|_| *verb != Verb::Lookup) {
                self.out.push(Effect::Refused { overlay, path, rule, errno });
            }
            return;
        }
        let has = |rule: Rule, aufs: Rule| open.rules.contains(&rule) || open.rules.contains(&aufs);
        match verb {
            Verb::Mount => self.out.push(Effect::Mounted { overlay }),
            Verb::Unmount => self.out.push(Effect::Unmounted { overlay }),
            Verb::CopyUp => self.copied(&open),
            Verb::Create | Verb::Link if !open.writes.is_empty() => {
                let over_whiteout = has(Rule::CreateOverWhiteout, Rule::AufsOverWhiteout);
                let beats = beats(&open, None);
                self.out.push(Effect::Created {
                    overlay,
                    path: path.clone(),
                    over_whiteout,
                    beats,
                });
                if has(Rule::OpaqueOverWhiteout, Rule::AufsMadeOpaque) {
                    self.out.push(Effect::MadeOpaque { overlay, path });
                }
            }
            Verb::Unlink | Verb::Rmdir if has(Rule::RemoveWhiteout, Rule::AufsWhiteoutMade) => {
                let beats = beats(&open, None);
                self.out.push(Effect::WhitedOut { overlay, path, beats });
            }
            Verb::Unlink | Verb::Rmdir if !open.writes.is_empty() => {
                self.out.push(Effect::Removed { overlay, path });
            }
            Verb::Rename => {
                let to = open.writes.iter().rev().find_map(|it| match it {
                    Step::Write { write: RealWrite::Rename { to_name, .. }, .. } => {
                        Some(String::from_utf8_lossy(to_name).into_owned())
                    }
                    _ => None,
                });
                let dir = path.rsplit_once('/').map(|it| format!("{}/", it.0)).unwrap_or_default();
                let to = format!("{dir}{}", to.unwrap_or_default());
                self.out.push(Effect::Renamed { overlay, from: path, to });
            }
            Verb::SetAttr | Verb::SetXattr | Verb::Write if !open.writes.is_empty() => {
                let again = matches!(self.out.last(),
                    Some(Effect::Changed { path: p, .. } | Effect::CopiedUp { path: p, .. }
                        | Effect::Created { path: p, .. }) if *p == path);
                if !again {
                    self.out.push(Effect::Changed { overlay, path });
                }
            }
            _ => {}
        }
    }

    fn copied(&mut self, open: &Open) {
        let found = self.seen.iter().rev().find(|it| it.0 == open.overlay && it.1 == open.path);
        let from = found.map_or(Layer::Lower(1), |it| it.2);
        let bytes = open.writes.iter().map(moved).sum();
        let beats = beats(open, Some(from));
        let (overlay, path) = (open.overlay, open.path.clone());
        self.out.push(Effect::CopiedUp { overlay, path, from, bytes, beats });
    }
}

/// Bytes of data that a write moves.
fn moved(step: &Step) -> u64 {
    match step {
        Step::Write { write: RealWrite::CopyData { len, .. }, .. } => *len,
        _ => 0,
    }
}

/// The moments of a group of writes: found below, prepared in the work directory, put in place.
fn beats(open: &Open, from: Option<Layer>) -> Vec<Beat> {
    let mut out = Vec::new();
    if let Some(layer) = from {
        let path = open.path.clone();
        out.push(Beat { kind: BeatKind::Hit, layer, path, bytes: 0, writes: Vec::new() });
    }
    let is_work = |step: &&Step| matches!(step, Step::Write { layer: Layer::Work, .. });
    let places = |step: &&Step| {
        matches!(step, Step::Write { layer: Layer::Upper, write, .. }
            if matches!(write, RealWrite::Link { .. } | RealWrite::Create { .. })
                || matches!(write, RealWrite::Rename { .. }))
            || matches!(step, Step::Write { write: RealWrite::Rename { .. }, .. })
    };
    let work: Vec<Step> =
        open.writes.iter().filter(|it| is_work(it) && !places(it)).cloned().collect();
    let path = work.iter().find_map(path_of).unwrap_or_default();
    // What is copied is made first and filled then; anything else is complete when it is made.
    let makes = |step: &Step| {
        matches!(
            step,
            Step::Write { write: RealWrite::Create { .. } | RealWrite::Tmpfile { .. }, .. }
        )
    };
    let first = work.iter().position(makes).map_or(0, |it| it + 1);
    let first = if from.is_some() { first } else { work.len() };
    for (kind, writes) in [(BeatKind::Prepare, &work[..first]), (BeatKind::Fill, &work[first..])] {
        if !writes.is_empty() {
            let (bytes, writes) = (writes.iter().map(moved).sum(), writes.to_vec());
            out.push(Beat { kind, layer: Layer::Work, path: path.clone(), bytes, writes });
        }
    }
    let place: Vec<Step> =
        open.writes.iter().filter(|it| !is_work(it) || places(it)).cloned().collect();
    if !place.is_empty() {
        let (path, layer) = (open.path.clone(), Layer::Upper);
        out.push(Beat { kind: BeatKind::Place, layer, path, bytes: 0, writes: place });
    }
    out
}

fn path_of(step: &Step) -> Option<String> {
    match step {
        Step::Write { path, .. } if !path.is_empty() => Some(path.clone()),
        _ => None,
    }
}

/// Is this write the making of a whiteout device?
pub fn makes_whiteout(write: &RealWrite) -> bool {
    use crate::types::NodeKind;
    matches!(write, RealWrite::Create { kind: NodeKind::Chr(dev), .. } if *dev == Dev::new(0, 0))
}

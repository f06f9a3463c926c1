//! Random scripts from a seed: layers full of every kind of object, then weighted operations.
//!
//! Few names and shallow trees, so that operations meet each other. The same seed gives the same
//! script on every machine.

mod acl;
mod between;
mod layers;
mod ops;
mod options;
mod people;
mod stories;

use super::case::{Case, Op};
use super::word;
use people::PEOPLE;

/// A small generator of random numbers (splitmix64).
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `end - 1`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.draw() % end.max(1) as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// What scripts may contain.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The set of options as it was asked for.
    pub name: String,
    /// Mount options beside the layers.
    pub options: String,
    /// Operations after the mount.
    pub ops: usize,
    /// ext4 and mixed disks too.
    pub ext4: bool,
    /// Data-only layers more often than not.
    pub data: bool,
    /// Options at random, beside those above.
    pub mixed: bool,
    /// Layers that are overlays more often than not.
    pub nested: bool,
    /// Layers change while they are mounted: nothing is promised then.
    pub online: bool,
    /// Other users, devices, trusted attributes: not in a user namespace.
    pub root: bool,
}

const NAMES: &[&str] = &["a", "b", "d", "e"];
/// Descriptors that are open at a time.
const FDS: &[&str] = &["%f", "%g", "%h", "%i", "%j"];
const LONG: usize = 2;

/// A script under construction.
struct Maker<'a> {
    rng: Rng,
    plan: &'a Plan,
    ops: Vec<Op>,
    /// Paths that probably exist, without their layer.
    likely: Vec<String>,
    /// Files of data-only layers, without their layer.
    data: Vec<String>,
    /// Files that hold a program, without their layer.
    executables: Vec<String>,
    private: &'static str,
    /// Layers that change between mounts.
    layers: Vec<String>,
    /// All options of the mount, when they are not the lab's.
    data_of_mount: Option<String>,
    /// The process that acts.
    who: usize,
    met: [bool; PEOPLE],
    /// Not in the lab's directory, as far as known.
    moved: [bool; PEOPLE],
    /// Somebody else than root, for good.
    plain: [bool; PEOPLE],
}

/// The script of a seed.
pub fn case(seed: u64, plan: &Plan) -> Case {
    let mut rng = Rng(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x6c61_7965_7267);
    let plan = &drawn(&mut rng, plan);
    // The contract's four, and now and then a stack as containers have it.
    let lowers = if rng.one_in(10) { 5 + rng.below(8) } else { 1 + rng.below(4) };
    let mut layers: Vec<String> = (1..=lowers).map(|n| format!("l{n}")).collect();
    if lowers == 1 || !rng.one_in(20) {
        layers.push("u".into());
    }
    if rng.one_in(if plan.data { 2 } else { 16 }) {
        let count = 1 + rng.below(2);
        layers.splice(0..0, (1..=count).map(|n| format!("d{n}")));
    }
    // Temporary names differ, and on ext4 with them the order in which a mount that is refused
    // half-way through has cleaned up.
    let ext4 = plan.ext4 && !plan.options.contains("volatile");
    let disks = disks(&mut rng, &layers, &Plan { ext4, ..plan.clone() });
    let observe = rng.pick(&["all", "all", "all", "raw", "end"]);
    let private = if plan.options.contains("userxattr") { "user" } else { "trusted" };
    let mut maker = Maker {
        rng,
        plan,
        ops: Vec::new(),
        likely: Vec::new(),
        data: Vec::new(),
        executables: Vec::new(),
        private,
        layers: layers.clone(),
        data_of_mount: None,
        who: 0,
        met: [true, false, false, false],
        moved: [false; PEOPLE],
        plain: [false; PEOPLE],
    };
    for layer in &layers {
        maker.layer(layer);
    }
    maker.first_mount();
    while maker.ops.len() < LONG * plan.ops || maker.ops.is_empty() {
        let before = maker.ops.len();
        maker.operation();
        if maker.ops.iter().filter(|it| !it.is_fixture()).count() > plan.ops {
            break;
        }
        debug_assert!(maker.ops.len() > before, "every turn adds an operation");
    }
    let title = format!("random script of seed {seed}");
    let layers = layers.join(" ");
    let mut head = vec![("case", &title[..]), ("layers", &layers)];
    head.extend((!disks.is_empty()).then_some(("disks", &disks[..])));
    head.extend((!plan.options.is_empty()).then_some(("options", &plan.options[..])));
    head.extend((observe != "all").then_some(("observe", observe)));
    Case::of(&head, maker.ops)
}

/// The plan of one script: options that are left to chance are drawn.
fn drawn(rng: &mut Rng, plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    if plan.mixed {
        let more = options::mixed(rng);
        plan.options =
            if plan.options.is_empty() { more } else { format!("{},{more}", plan.options) };
        plan.data |= rng.one_in(4);
    }
    plan
}

fn disks(rng: &mut Rng, layers: &[String], plan: &Plan) -> String {
    match rng.below(10) {
        0 | 1 if plan.ext4 => "ext4".into(),
        3 if rng.one_in(4) => "u=small tmpfs".into(),
        2 => {
            let kinds: &[&str] =
                if plan.ext4 { &["tmpfs", "tmpfs2", "ext4"] } else { &["tmpfs", "tmpfs2"] };
            // One that keeps no attributes and gives no handles: below.
            let lower: &[&str] = if rng.one_in(5) { &["ramfs", "tmpfs", "tmpfs2"] } else { kinds };
            let words: Vec<_> = layers
                .iter()
                .map(|layer| {
                    format!("{layer}={}", rng.pick(if layer == "u" { kinds } else { lower }))
                })
                .collect();
            words.join(" ")
        }
        _ => String::new(),
    }
}

impl Maker<'_> {
    fn push(&mut self, verb: &str, args: &[&str]) {
        let args: Vec<&[u8]> = args.iter().map(|it| it.as_bytes()).collect();
        self.push_bytes(verb, &args);
    }

    fn push_bytes(&mut self, verb: &str, args: &[&[u8]]) {
        self.ops.push(Op::new(verb, args));
    }

    /// A path that probably exists, or one that may.
    fn path(&mut self) -> String {
        if !self.likely.is_empty() && !self.rng.one_in(4) {
            let at = self.rng.below(self.likely.len());
            return self.likely[at].clone();
        }
        self.fresh()
    }

    /// A path of one to three names.
    fn fresh(&mut self) -> String {
        let mut path = self.rng.pick(NAMES).to_owned();
        let deeper = match self.rng.below(40) {
            0 => 5,
            it => [0, 0, 1, 1, 1, 2][it % 6],
        };
        for _ in 0..deeper {
            path = format!("{path}/{}", self.rng.pick(NAMES));
        }
        if self.rng.one_in(60) {
            let len = if self.rng.one_in(4) { 256 } else { 255 };
            path = format!("{path}/{}", "n".repeat(len));
        }
        path
    }

    fn merged(&mut self) -> String {
        let path = match self.rng.below(31) {
            // The root itself.
            30 => return if self.moved[self.who] { ".".into() } else { "m".into() },
            0 | 1 => {
                let fd = self.fd();
                return format!("{fd}/{}", self.rng.pick(NAMES));
            }
            2 => format!("{}/", self.path()),
            3 => format!("{}/../{}", self.path(), self.rng.pick(NAMES)),
            _ => self.path(),
        };
        self.in_union(&path)
    }

    /// A path of the union as the process that acts names it.
    fn in_union(&mut self, path: &str) -> String {
        match self.moved[self.who] {
            true if !self.rng.one_in(8) => path.to_owned(),
            _ => format!("m/{path}"),
        }
    }

    /// A path for something new; it is likely from now on.
    fn new_path(&mut self) -> String {
        let path = match self.rng.below(3) {
            0 => self.path(),
            _ => self.fresh(),
        };
        if self.likely.len() < 40 && !self.likely.contains(&path) {
            self.likely.push(path.clone());
        }
        self.in_union(&path)
    }

    fn mode(&mut self, dir: bool) -> String {
        let dirs = &["0755", "0700", "0777", "1777", "2775", "0500"];
        let files = &["0644", "0600", "0666", "4755", "2755", "6777", "0444"];
        self.rng.pick(if dir { dirs } else { files }).to_owned()
    }

    fn fd(&mut self) -> String {
        self.rng.pick(FDS).to_owned()
    }
}

/// A seed's script as text, for a report.
pub fn shown(case: &Case) -> String {
    let ops: Vec<_> = case.steps.iter().map(|it| it.op.to_string()).collect();
    word::digest(ops.join("\n").as_bytes())
}

//! The cases recorded anew on the kernel below.
//!
//! Mount namespaces want a process with one thread, so a child process of this binary records all
//! cases and prints them as JSON; the tests compare.

use super::cases::{self, Recorded};
use super::divergences::Divergences;
use super::modes::{MODES, Mode};
use super::replay::shown;
use layerglass::kernel::Rights;
use layerglass::testing::Case;
use layerglass::testing::duel::Outcome;
use layerglass::testing::engine::Engine;
use layerglass::testing::live::Live;
use layerglass::testing::record::Trouble;
use libtest_mimic::{Arguments, Failed, Trial};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

/// The argument that makes this binary the recording child.
pub const CHILD: &str = "--record-on-this-kernel";

/// The kernel that the corpus stands for.
const KERNEL: &str = "6.18.";

/// Attempts at a case: the kernel's clock may tick in the middle of an operation.
const ATTEMPTS: usize = 8;

/// What the child says of a case.
#[derive(Clone, Serialize, Deserialize)]
enum Heard {
    /// Kernel and engine agree.
    Same,
    /// They do not.
    Different(String),
    /// The trace as it was recorded now.
    Trace(String),
    /// It cannot be run here.
    Unavailable(String),
    /// It is wrong.
    Wrong(String),
}

type Report = Result<BTreeMap<String, Heard>, String>;

/// The child: records what the command line asks for and prints what it saw.
pub fn child() -> ExitCode {
    let args = Arguments::from_iter(std::env::args().skip(1));
    let engine = Engine::default();
    let report: Report = Live::enter(false).and_then(|mut live| match live.rights() {
        // There trusted attributes, devices and other users are out of reach, and file handles
        // are empty: it is another truth than the recorded one.
        Rights::Namespace => Err("this needs root outside of a user namespace".into()),
        Rights::Root => {
            let mut heard = BTreeMap::new();
            for it in cases::all() {
                if is_wanted(&args, &name(it)) {
                    heard.insert(name(it), hear(&mut live, &it.case));
                }
                for mode in MODES.iter().filter(|mode| is_wanted(&args, &mode_name(mode, it))) {
                    if let Some(case) = mode.1(&it.case) {
                        heard.insert(mode_name(mode, it), compete(&mut live, &engine, &case));
                    }
                }
            }
            Ok(heard)
        }
    });
    let said = serde_json::to_writer(std::io::stdout().lock(), &report);
    ExitCode::from(u8::from(said.is_err()))
}

fn hear(live: &mut Live, case: &Case) -> Heard {
    let mut last = Heard::Wrong("never recorded".into());
    for _ in 0..ATTEMPTS {
        last = match live.record(case) {
            Ok(trace) if shown(case, &trace).is_none() => return Heard::Trace(trace.to_string()),
            Ok(trace) => Heard::Trace(trace.to_string()),
            Err(Trouble::Unavailable(why)) => return Heard::Unavailable(why),
            Err(wrong) => Heard::Wrong(wrong.to_string()),
        };
    }
    last
}

/// Kernel and engine on one script.
fn compete(live: &mut Live, engine: &Engine, case: &Case) -> Heard {
    let mut last = Heard::Same;
    for _ in 0..ATTEMPTS {
        last = match live.duel(engine, case) {
            Outcome::Same { .. } => return Heard::Same,
            Outcome::Skipped(why) => return Heard::Unavailable(why),
            Outcome::Different(it) => Heard::Different(format!("operation {}: {it}", it.at + 1)),
        };
    }
    last
}

/// One test a case.
pub fn trials(args: &Arguments, cases: &'static [Recorded], known: &Divergences) -> Vec<Trial> {
    let required = std::env::var_os("LAYERGLASS_REQUIRE_LIVE").is_some();
    let mode_names = |it| MODES.iter().map(move |mode| mode_name(mode, it));
    let mut names = cases.iter().flat_map(|it| mode_names(it).chain([name(it)]));
    let wanted = !args.list && names.any(|it| is_wanted(args, &it));
    let report = if wanted { ask(args) } else { Err("not asked".into()) };
    match &report {
        Err(why) if wanted => println!("the live kernel is not asked: {why}"),
        Err(_) => {}
        Ok(heard) => println!("{}", what_ran(cases, heard)),
    }
    let mut trials: Vec<Trial> =
        cases.iter().map(|case| trial(name(case), case, &report, required, None)).collect();
    for case in cases {
        for mode in MODES.iter().filter(|mode| mode.1(&case.case).is_some()) {
            let name = mode_name(mode, case);
            let reason = known.reason(&name);
            trials.push(trial(name, case, &report, required, reason));
        }
    }
    trials
}

/// The kernel, how many cases and operations it did, and with how many sets of options.
fn what_ran(cases: &[Recorded], heard: &BTreeMap<String, Heard>) -> String {
    let ran = |name: &String| {
        heard.get(name).is_some_and(|it| !matches!(it, Heard::Unavailable(_) | Heard::Wrong(_)))
    };
    let operations = |case: &Case| case.steps.iter().filter(|it| !it.op.is_fixture()).count();
    let (mut alone, mut others, mut done) = (0, 0, 0);
    let mut sets = std::collections::BTreeSet::new();
    for it in cases {
        if ran(&name(it)) {
            alone += 1;
            done += operations(&it.case);
            sets.insert(it.case.get("options"));
        }
        let modes = MODES.iter().filter(|mode| ran(&mode_name(mode, it)));
        for case in modes.filter_map(|mode| mode.1(&it.case)) {
            others += 1;
            done += operations(&case);
        }
    }
    let (release, modes) = (Live::release(), MODES.len());
    format!(
        "Linux {release}: {alone} cases recorded anew, {others} more under {modes} other circumstances, \
         option sets: {}, operations: {done}",
        sets.len()
    )
}

fn mode_name(mode: &Mode, case: &Recorded) -> String {
    format!("modes/{}/{}", mode.0, case.name)
}

fn name(case: &Recorded) -> String {
    format!("live/{}", case.name)
}

/// Would the command line run a test of this name?
fn is_wanted(args: &Arguments, name: &str) -> bool {
    let fits = |filter: &String| if args.exact { name == filter } else { name.contains(filter) };
    args.filter.as_ref().is_none_or(fits) && !args.skip.iter().any(fits)
}

/// Runs the child with the filters of the command line.
fn ask(args: &Arguments) -> Report {
    let release = Live::release();
    if !release.starts_with(KERNEL) {
        return Err(format!("the traces are of Linux {KERNEL}x, this is {release}"));
    }
    let exe = std::env::current_exe().map_err(|err| err.to_string())?;
    let mut child = Command::new(exe);
    child.arg(CHILD).args(args.exact.then_some("--exact")).args(&args.filter);
    child.args(args.skip.iter().flat_map(|it| ["--skip", it]));
    let out = child.output().map_err(|err| err.to_string())?;
    serde_json::from_slice(&out.stdout).map_err(|err| {
        format!("the recording child failed: {err}\n{}", String::from_utf8_lossy(&out.stderr))
    })?
}

/// With a `reason` kernel and engine have to differ.
fn trial(
    name: String,
    case: &'static Recorded,
    report: &Report,
    required: bool,
    reason: Option<String>,
) -> Trial {
    let heard = match report {
        Ok(all) => all.get(&name).cloned().unwrap_or(Heard::Wrong("not recorded".into())),
        Err(why) => Heard::Unavailable(why.clone()),
    };
    let missing = match &heard {
        Heard::Unavailable(why) => Some(why.clone()),
        _ => None,
    };
    let differs = matches!(heard, Heard::Different(_));
    let trial = Trial::test(name, move || match (reason, differs) {
        (Some(_), true) => Ok(()),
        (Some(_), false) if heard_same(&heard) => {
            Err("identical now: its entry in tests/divergences.toml must go".into())
        }
        _ => compare(case, &heard),
    });
    match missing {
        Some(why) if !required => trial.with_ignored_flag(true).with_kind(short(&why)),
        _ => trial,
    }
}

fn heard_same(heard: &Heard) -> bool {
    matches!(heard, Heard::Same)
}

/// The reason as it stands in a list of tests.
fn short(why: &str) -> String {
    why.lines().next().unwrap_or_default().to_owned()
}

fn compare(stored: &Recorded, heard: &Heard) -> Result<(), Failed> {
    let text = match heard {
        Heard::Trace(text) => text,
        Heard::Unavailable(why) => {
            return Err(format!("live comparison is required, but {why}").into());
        }
        Heard::Same => return Ok(()),
        Heard::Different(why) | Heard::Wrong(why) => return Err(why.into()),
    };
    let now = Case::parse(text)?;
    match shown(&stored.case, &now) {
        None => Ok(()),
        Some(text) => Err(format!(
            "tests/corpus/{}.trace is not what this kernel does now\n{text}",
            stored.name
        )
        .into()),
    }
}

//! Random scripts on both kernels.

use super::report::{Finding, Report};
use super::{Args, cannot};
use layerglass::kernel::Rights;
use layerglass::machine::profile;
use layerglass::testing::case::Case;
use layerglass::testing::compare::differences;
use layerglass::testing::duel::{Divergence, Outcome, Side, duel};
use layerglass::testing::engine::{Engine, EngineDisks};
use layerglass::testing::generate::{self, Plan};
use layerglass::testing::live::Live;
use layerglass::testing::shrink::shrink;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Options that `all` tries, one set a script.
const ALL: &[&str] = &[
    "",
    "userxattr",
    "xino=on",
    "xino=auto",
    "redirect_dir=on",
    "redirect_dir=nofollow",
    "index=on",
    "index=on,redirect_dir=on",
    "index=on,metacopy=on",
    "nfs_export=on",
    "nfs_export=on,redirect_dir=on",
    "metacopy=on",
    "volatile",
    "data",
    "data,metacopy=on",
    "data,userxattr",
    "verity=on,metacopy=on",
    "verity=require,metacopy=on",
    "uuid=off",
    "uuid=null",
    "default_permissions",
    "fsync=strict",
];

/// A word among options that asks for data-only layers.
const DATA: &str = "data";

/// Operations of one script.
const LENGTH: usize = 40;

pub(super) fn run(args: &Args) -> ExitCode {
    let clock = || {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |it| it.as_secs() % 1_000_000_000)
    };
    let seed = args.seed.unwrap_or_else(clock);
    let mut live = match Live::enter(args.userns) {
        Ok(live) => live,
        Err(err) => return cannot(&err),
    };
    let mut report = Report::new(args, seed);
    let plans = plans(args, &mut live, &mut report);
    let release = Live::release();
    let (profile, known) = profile::nearest(&release);
    report.profile = if known {
        profile.name.into()
    } else {
        format!("{}, the nearest: this kernel is not known, differences are findings", profile.name)
    };
    report.kernel = release;
    report.start(&parameters());
    let mut engine = Engine::of_kernel(profile.overlay);
    if live.rights() == Rights::Namespace {
        engine = engine.confined();
    }
    for (nth, seed) in (seed..).enumerate() {
        if report.operations >= args.ops || report.findings.len() >= args.stop_after {
            break;
        }
        if report.scripts == 0 && report.skipped.len() > 200 {
            return cannot(&format!("nothing can run: {}", report.skipped[0]));
        }
        let case = generate::case(seed, &plans[nth % plans.len()]);
        match if args.itself { twice(&mut live, &case) } else { both(&mut live, &engine, &case) } {
            Outcome::Same { operations } => {
                report.operations += operations;
                report.scripts += 1;
            }
            Outcome::Skipped(why) => report.skipped.push(why),
            Outcome::Different(divergence) => {
                report.scripts += 1;
                report.operations += case.steps.iter().filter(|it| !it.op.is_fixture()).count();
                let finding = shorten(args, &mut live, &engine, seed, &case, divergence);
                report.found(finding);
            }
        }
        report.progress(seed);
    }
    match report.end() {
        Ok(()) => ExitCode::from(u8::from(!report.findings.is_empty())),
        Err(err) => cannot(&err),
    }
}

fn both(live: &mut Live, engine: &Engine, case: &Case) -> Outcome {
    let mut engine = engine.clone();
    let mut sys = engine.sys();
    let mut kernel = Side { sys: &mut live.sys, disks: &mut live.disks };
    let outcome = duel(&mut kernel, &mut Side { sys: &mut sys, disks: &mut EngineDisks }, case);
    if !matches!(outcome, Outcome::Same { .. }) {
        live.clean();
    }
    outcome
}

/// The kernel against itself.
fn twice(live: &mut Live, case: &Case) -> Outcome {
    match (live.record(case), live.record(case)) {
        (Ok(a), Ok(b)) => match differences(&a, &b).into_iter().next() {
            None => Outcome::Same {
                operations: case.steps.iter().filter(|it| !it.op.is_fixture()).count(),
            },
            Some(it) => Outcome::Different(Divergence {
                at: 0,
                op: it.op,
                kernel: it.first,
                engine: it.second,
            }),
        },
        (Err(err), _) | (_, Err(err)) => Outcome::Skipped(err.to_string()),
    }
}

fn shorten(
    args: &Args,
    live: &mut Live,
    engine: &Engine,
    seed: u64,
    case: &Case,
    first: Divergence,
) -> Finding {
    let mut divergence = first;
    let mut cut = case.clone();
    if !args.itself {
        cut.steps.truncate(divergence.at + 1);
    }
    let mut try_on = |case: &Case| {
        if args.itself { twice(live, case) } else { both(live, engine, case) }
    };
    let mut case = shrink(&cut, 400, |it| matches!(try_on(it), Outcome::Different(_)));
    if let Outcome::Different(it) = try_on(&case) {
        divergence = it;
    }
    if let Ok(trace) = live.record(&case) {
        case = trace;
    }
    Finding { seed, case, divergence }
}

/// What scripts are made of here, and what this place leaves out.
fn plans(args: &Args, live: &mut Live, report: &mut Report<'_>) -> Vec<Plan> {
    let root = live.rights() == Rights::Root;
    let ext4 = root && live.try_ext4();
    if !root {
        let out = "other users, devices and trusted attributes (5.10, 9.1, 9.3, 9.5); ext4 listing order (R3.3); the trusted.overlay prefix (userxattr is used)";
        report.left_out.push(out.into());
    } else if let (false, Some(why)) = (ext4, &live.disks.without_ext4) {
        report.left_out.push(format!("ext4 listing order (R3.3): {why}"));
    }
    let sets: Vec<&str> = match args.options.as_str() {
        "default" => vec![""],
        "all" => ALL.to_vec(),
        list => vec![list],
    };
    let plan = |set: &&str| Plan {
        options: {
            let words: Vec<&str> = set.split(',').filter(|it| *it != DATA).collect();
            let options = words.join(",");
            if root || options.contains("userxattr") {
                options
            } else {
                join(&options, "userxattr")
            }
        },
        data: set.split(',').any(|it| it == DATA),
        ops: LENGTH,
        ext4,
        root,
    };
    sets.iter().map(plan).collect()
}

fn join(a: &str, b: &str) -> String {
    if a.is_empty() { b.to_owned() } else { format!("{a},{b}") }
}

/// The overlay module's parameters, which decide what the defaults are.
fn parameters() -> String {
    let dir = "/sys/module/overlay/parameters";
    let mut all: Vec<String> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|it| {
            let value = std::fs::read_to_string(it.path()).unwrap_or_default();
            format!("{}={}", it.file_name().to_string_lossy(), value.trim())
        })
        .collect();
    all.sort();
    if all.is_empty() { "overlay module parameters unreadable".into() } else { all.join(" ") }
}

//! Random scripts on both kernels.

use super::report::{Files, Report};
use super::state::{About, Finding, Tally};
use super::{Args, cannot};
use layerglass::kernel::Rights;
use layerglass::machine::profile;
use layerglass::testing::case::Case;
use layerglass::testing::compare::differences;
use layerglass::testing::duel::{Divergence, Outcome};
use layerglass::testing::engine::Engine;
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
    "nested",
    "nested,redirect_dir=on",
    "nested,index=on,metacopy=on",
    "nested,xino=on",
    "mixed",
    "mixed",
    "mixed",
    "mixed",
    "mixed",
    "mixed,nested",
    "mixed,data",
];

/// Words among options that ask for something else: data-only layers, layers that are overlays, options
/// at random, and layers that change while they are mounted.
const WORDS: [&str; 4] = ["data", "nested", "mixed", "online"];

/// How often a script that came out differently is given to the kernel once more: what it decides by chance (the
/// place of a temporary name among ext4's hashes) shows itself within these.
const AGAIN: usize = 8;

/// Operations of one script.
const LENGTH: usize = 40;

pub(super) fn run(args: &Args) -> ExitCode {
    compare(args).unwrap_or_else(|err| cannot(&err))
}

/// # Errors
/// In words: nothing can run here, or a file cannot be read or written.
fn compare(args: &Args) -> Result<ExitCode, String> {
    let files = Files::of(args)?;
    let about = about(args);
    let tally = match &files.resume {
        Some(path) => Tally::resume(path, args, about)?,
        None => Tally::new(about),
    };
    let mut live = Live::enter(args.userns)?;
    let mut report = Report::new(args, files, tally);
    let plans = plans(args, &mut live, &mut report);
    let (profile, known) = profile::nearest(&report.tally.about.kernel);
    report.profile = if known {
        profile.name.into()
    } else {
        format!("{}, the nearest: this kernel is not known, differences are findings", profile.name)
    };
    report.start(&parameters());
    let mut engine = Engine::of_kernel(profile.overlay);
    if live.rights() == Rights::Namespace {
        engine = engine.confined();
    }
    while report.tally.operations < args.ops && report.tally.findings.len() < args.stop_after {
        if report.tally.scripts == 0 && report.tally.skipped() > 200 {
            let why = report.tally.skipped.keys().next().cloned().unwrap_or_default();
            return Err(format!("nothing can run: {why}"));
        }
        let seed = report.tally.about.seed.wrapping_add(report.tally.drawn);
        // By the seed alone, so that a script that was found in a long run is found again without it.
        let plan = &plans[(seed % plans.len() as u64) as usize];
        one(args, &mut live, &engine, &mut report, (seed, plan));
        report.tally.drawn += 1;
        report.progress()?;
    }
    report.end()?;
    Ok(ExitCode::from(u8::from(!report.tally.findings.is_empty())))
}

fn about(args: &Args) -> About {
    let clock = || {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |it| it.as_secs() % 1_000_000_000)
    };
    About {
        seed: args.seed.unwrap_or_else(clock),
        options: args.options.clone(),
        kernel: Live::release(),
        userns: args.userns,
        itself: args.itself,
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

/// The next script.
fn one(
    args: &Args,
    live: &mut Live,
    engine: &Engine,
    report: &mut Report<'_>,
    (seed, plan): (u64, &Plan),
) {
    let case = generate::case(seed, plan);
    let outcome = if args.itself { twice(live, &case) } else { live.duel(engine, &case) };
    let operations = match outcome {
        Outcome::Skipped(why) => {
            *report.tally.skipped.entry(why).or_default() += 1;
            return;
        }
        Outcome::Same { operations } => operations,
        Outcome::Different(_) if !args.itself && varies(live, engine, &case) => {
            report.varied(seed);
            case.steps.iter().filter(|it| !it.op.is_fixture()).count()
        }
        Outcome::Different(divergence) => {
            let finding = shorten(args, live, engine, seed, &case, divergence);
            report.found(finding);
            case.steps.iter().filter(|it| !it.op.is_fixture()).count()
        }
    };
    report.tally.scripts += 1;
    report.tally.operations += operations;
    *report.tally.sets.entry(plan.name.clone()).or_default() += operations;
}

/// Does the kernel answer as the engine another time? Then it has several answers, and this is one of them: the engine
/// always gives the same.
fn varies(live: &mut Live, engine: &Engine, case: &Case) -> bool {
    (0..AGAIN).any(|_| matches!(live.duel(engine, case), Outcome::Same { .. }))
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
        if args.itself { twice(live, case) } else { live.duel(engine, case) }
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
    if sets.iter().any(|set| set.split(',').any(|it| it == "online")) {
        let warning = "nothing is promised of layers that change while they are mounted: what agrees \
            is a sample of what this kernel does";
        report.left_out.push(warning.into());
    }
    report.sets = sets.iter().map(|it| (*it).to_owned()).collect();
    report.sets.dedup();
    let plan = |set: &&str| Plan {
        name: (*set).to_owned(),
        options: {
            let words: Vec<&str> = set.split(',').filter(|it| !WORDS.contains(it)).collect();
            let options = words.join(",");
            if root || options.contains("userxattr") {
                options
            } else {
                join(&options, "userxattr")
            }
        },
        data: set.split(',').any(|it| it == "data"),
        nested: set.split(',').any(|it| it == "nested"),
        mixed: set.split(',').any(|it| it == "mixed"),
        online: set.split(',').any(|it| it == "online"),
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

//! `layerglass sweep`: the small scope, each state and operation once on both kernels.

#[path = "sweep/bar.rs"]
mod bar;

use bar::{Bar, thousands};
use layerglass::kernel::Rights;
use layerglass::machine::profile;
use layerglass::testing::engine::Engine;
use layerglass::testing::live::Live;
use layerglass::testing::sweep::against::Pair;
use layerglass::testing::sweep::explore::{Graph, Plan};
use layerglass::testing::sweep::ledger::{Found, Ledger, Shard};
use layerglass::testing::sweep::scope::{OptionSet, SETS, Scope};
use layerglass::testing::word;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Args {
    /// Names that stand in the three layers: `one`, `two`, or `all`
    #[arg(long, default_value = "one")]
    scope: String,
    /// Mount options: `default`, `all`, or some of the sets, separated by spaces
    #[arg(long, default_value = "default")]
    options: String,
    /// Operations in a row (default: 3 with one name, 2 with two)
    #[arg(long)]
    depth: Option<usize>,
    /// Only this share of the states, such as 2/5
    #[arg(long, default_value = "1/1", value_parser = Shard::parse)]
    shard: Shard,
    /// Keep what is done in this folder, and go on from there
    #[arg(long, value_name = "DIR", value_parser = crate::absolute)]
    state: Option<PathBuf>,
    /// Write each divergence into this folder, as a case
    #[arg(long, value_name = "DIR", value_parser = crate::absolute)]
    save: Option<PathBuf>,
    /// Count states and pairs, and stop
    #[arg(long)]
    count: bool,
    /// Let the engine be another kernel, such as 5.4: differences are what changed since
    #[arg(long, value_name = "VERSION")]
    kernel: Option<String>,
    /// Stop after so many divergences
    #[arg(long, default_value_t = 20)]
    stop_after: usize,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
}

/// Exit status when nothing could run.
const CANNOT: u8 = 2;
/// How often the state of the run is written.
const SAVE_EVERY: Duration = Duration::from_secs(2);

pub fn run(args: &Args) -> ExitCode {
    match sweep(args) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("layerglass sweep: {why}");
            ExitCode::from(CANNOT)
        }
    }
}

/// The number of divergences.
fn sweep(args: &Args) -> Result<usize, String> {
    let (scopes, sets) = (scopes(args)?, sets(args)?);
    let engine = engine(args)?;
    let mut live = if args.count { None } else { Some(enter()?) };
    let release = Live::release();
    if live.is_some() {
        println!("kernel: {release}");
    }
    let end = args.seconds.map(|it| Instant::now() + Duration::from_secs(it));
    let mut done = Vec::new();
    for scope in scopes {
        for set in &sets {
            let plan = Plan::new(scope, *set, args.depth.unwrap_or(scope.depth()));
            let graph = explore(args, plan, &engine)?;
            println!("{}", counted(args, &graph));
            let Some(live) = live.as_mut() else { continue };
            let ledger = Ledger::new(&graph, args.shard, &release);
            let ledger = args.state.as_deref().map_or(ledger.clone(), |dir| ledger.or_resumed(dir));
            let pair = Pair { live: &mut *live, engine: &engine };
            let ledger = Turn { args, graph: &graph, ledger, end }.run(pair)?;
            println!("{}", told(args, &graph, &ledger));
            done.push(ledger);
        }
    }
    if args.count {
        return Ok(0);
    }
    let divergences = done.iter().map(|it| it.found.len()).sum();
    println!("states: {}", done.iter().map(|it| it.done).sum::<usize>());
    println!("pairs: {}", done.iter().map(|it| it.pairs).sum::<usize>());
    println!("divergences: {divergences}");
    Ok(divergences)
}

fn engine(args: &Args) -> Result<Engine, String> {
    let mut engine = Engine::default();
    if let Some(name) = &args.kernel {
        let profile = profile::by_name(name).ok_or(format!("no kernel {name} is known"))?;
        engine.kernel.overlay = profile.overlay;
    }
    Ok(engine)
}

fn enter() -> Result<Live, String> {
    let live = Live::enter(false)?;
    match live.rights() {
        Rights::Root => Ok(live),
        Rights::Namespace => Err("devices and trusted attributes need root".into()),
    }
}

fn scopes(args: &Args) -> Result<Vec<Scope>, String> {
    let chosen = |it: &Scope| args.scope == "all" || args.scope == it.name();
    let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(chosen).collect();
    if scopes.is_empty() {
        return Err(format!("no scope {}: one, two or all", args.scope));
    }
    Ok(scopes)
}

fn sets(args: &Args) -> Result<Vec<OptionSet>, String> {
    if args.options == "all" {
        return Ok(SETS.to_vec());
    }
    let find = |name: &str| {
        let known = SETS.iter().map(|it| it.name).collect::<Vec<_>>().join(" ");
        OptionSet::find(name).ok_or(format!("no set of options {name}; there are: {known}"))
    };
    args.options.split_ascii_whitespace().map(find).collect()
}

fn title(plan: &Plan) -> String {
    let names = match plan.scope {
        Scope::One => "one name",
        Scope::Two => "two names",
    };
    format!("{names}, depth {}, {}", plan.depth, plan.set.name)
}

/// The graph: from its file if this program wrote it, or explored.
fn explore(args: &Args, plan: Plan, engine: &Engine) -> Result<Graph, String> {
    let Some(dir) = &args.state else { return explore_anew(plan, engine) };
    let path = dir.join(format!("{}.graph", plan.file_stem()));
    let by = program().map(|it| format!("{it} {:?}", args.kernel))?;
    match Graph::kept(plan, &by, &std::fs::read(&path).unwrap_or_default()) {
        Ok(graph) => Ok(graph),
        Err(plan) => {
            let mut graph = explore_anew(plan, engine)?;
            let bytes = graph.to_bytes(&by);
            std::fs::create_dir_all(dir)
                .and_then(|()| std::fs::write(&path, bytes))
                .map_err(|err| format!("{}: {err}", path.display()))?;
            Ok(graph)
        }
    }
}

fn explore_anew(plan: Plan, engine: &Engine) -> Result<Graph, String> {
    let mut bar = Bar::new(format!("counting {}", title(&plan)));
    let graph = Graph::explore(plan, engine, |left, all| bar.show(left, all, ""))?;
    bar.clear();
    Ok(graph)
}

/// Tells this build from others.
fn program() -> Result<String, String> {
    let bytes = std::env::current_exe().and_then(std::fs::read).map_err(|err| err.to_string())?;
    Ok(word::digest(&bytes))
}

/// What there is to do.
fn counted(args: &Args, graph: &Graph) -> String {
    let share = args.shard.len(graph.len());
    let levels: Vec<String> = graph.levels().iter().map(|it| thousands(*it)).collect();
    format!(
        "{}: {} states ({}), {} actions in each, {} pairs; share {}: {} states, {} pairs",
        title(&graph.plan),
        thousands(graph.len()),
        levels.join(" + "),
        graph.plan.actions.len(),
        thousands(graph.pairs()),
        args.shard,
        thousands(share),
        thousands(share * graph.plan.actions.len()),
    )
}

/// What ran.
fn told(args: &Args, graph: &Graph, ledger: &Ledger) -> String {
    format!(
        "{}: {} of {} states done, {} pairs, {} divergences (built {} times)",
        title(&graph.plan),
        thousands(ledger.done),
        thousands(args.shard.len(graph.len())),
        thousands(ledger.pairs),
        ledger.found.len(),
        thousands(ledger.built),
    )
}

/// One graph on its way.
struct Turn<'a> {
    args: &'a Args,
    graph: &'a Graph,
    ledger: Ledger,
    end: Option<Instant>,
}

impl Turn<'_> {
    /// Goes through the share from where it stopped.
    fn run(mut self, mut pair: Pair<'_>) -> Result<Ledger, String> {
        let all = self.graph.len();
        let share = self.args.shard.len(all);
        if self.ledger.done > 0 {
            println!("{}: {} states are done", title(&self.graph.plan), self.ledger.done);
        }
        let mut bar = Bar::new(title(&self.graph.plan));
        let mut saved: Option<Instant> = None;
        while let Some(state) = self.args.shard.state(self.ledger.done, all) {
            let late = self.end.is_some_and(|it| Instant::now() >= it);
            if late || self.ledger.found.len() >= self.args.stop_after {
                break;
            }
            let checked = pair.check(self.graph, state)?;
            self.ledger.done += 1;
            self.ledger.pairs += checked.pairs;
            self.ledger.built += checked.built;
            for it in checked.findings {
                bar.clear();
                println!("divergence: {}\n--- \n{}---", it.divergence, it.case);
                let found =
                    Found { divergence: it.divergence.to_string(), case: it.case.to_string() };
                self.ledger.found.push(found);
                self.keep_case()?;
            }
            if saved.is_none_or(|it| it.elapsed() >= SAVE_EVERY) {
                self.save()?;
                saved = Some(Instant::now());
            }
            let pairs = thousands(self.ledger.pairs);
            let text = format!("{pairs} pairs, {} divergences", self.ledger.found.len());
            bar.show(self.ledger.done, share, &text);
        }
        bar.clear();
        self.save()?;
        Ok(self.ledger)
    }

    fn save(&self) -> Result<(), String> {
        self.args.state.as_deref().map_or(Ok(()), |dir| self.ledger.save(dir))
    }

    fn keep_case(&self) -> Result<(), String> {
        let (Some(dir), Some(found)) = (&self.args.save, self.ledger.found.last()) else {
            return Ok(());
        };
        let (stem, nth) = (self.ledger.file_stem(), self.ledger.found.len());
        let path = dir.join(format!("{stem}-{nth}.trace"));
        std::fs::create_dir_all(dir)
            .and_then(|()| std::fs::write(&path, &found.case))
            .map_err(|err| format!("{}: {err}", path.display()))
    }
}

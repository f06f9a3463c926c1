//! Builds for the browser keep one core busy for minutes (one module, optimised as a whole). While the
//! first stages of the tests run, another process makes them; the stage that needs one waits for it and
//! shows what it printed.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{build, npm, process, repo, say, test};

/// Something to build. Each is made by `cargo xtask build-only NAME`, so that its output can be kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// The page in dist/app.
    Page,
    /// The npm package in dist/npm, which holds parts of the page.
    Package,
    /// The engine's tests for WebAssembly.
    WasmTests,
}

impl Build {
    const ALL: &[Build] = &[Build::Page, Build::Package, Build::WasmTests];

    fn name(self) -> &'static str {
        match self {
            Build::Page => "page",
            Build::Package => "package",
            Build::WasmTests => "wasm-tests",
        }
    }

    fn make(self) -> Result<()> {
        match self {
            Build::Page => build::dist(),
            Build::Package => npm::pack().map(drop),
            Build::WasmTests => test::build_wasm_tests(),
        }
    }
}

/// `cargo xtask build-only NAME`, for this file's own use.
pub fn command(args: &[String]) -> Result<()> {
    let name = args.first().context("build-only needs a name")?;
    match Build::ALL.iter().find(|it| it.name() == name) {
        Some(it) => it.make(),
        None => bail!("nothing to build is called '{name}'"),
    }
}

/// How a build ended.
struct Made {
    ended: Result<ExitStatus>,
    took: Duration,
    log: PathBuf,
}

/// Builds under way, one after the other.
pub struct Ahead {
    waiting: Vec<(Build, Receiver<Made>)>,
    running: Arc<Mutex<Running>>,
}

#[derive(Default)]
struct Running {
    child: Option<Child>,
    stopped: bool,
}

impl Ahead {
    /// Nothing is built ahead: each stage builds for itself.
    pub fn nothing() -> Ahead {
        Ahead { waiting: Vec::new(), running: Arc::default() }
    }

    /// Starts on these. A machine with one core gains nothing from it.
    pub fn start(builds: &[Build]) -> Result<Ahead> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if cores < 2 || builds.is_empty() {
            return Ok(Ahead::nothing());
        }
        let folder = repo::target_dir().join("ahead");
        std::fs::create_dir_all(&folder)?;
        let names: Vec<&str> = builds.iter().map(|it| it.name()).collect();
        say::note(&format!("meanwhile, on another core: {}", names.join(", ")));
        let running = Arc::new(Mutex::new(Running::default()));
        let (mut waiting, mut jobs) = (Vec::new(), Vec::new());
        for build in builds {
            let (tell, hear) = channel();
            waiting.push((*build, hear));
            jobs.push((*build, folder.join(format!("{}.log", build.name())), tell));
        }
        let shared = running.clone();
        std::thread::spawn(move || {
            for (build, log, tell) in jobs {
                let began = Instant::now();
                let ended = apart(build, &log, &shared);
                // Nobody listens if the stage was not reached.
                tell.send(Made { ended, took: began.elapsed(), log }).ok();
            }
        });
        Ok(Ahead { waiting, running })
    }

    /// Waits for a build and shows what it printed; what was not started ahead is built now.
    pub fn get(&mut self, build: Build) -> Result<()> {
        let Some(at) = self.waiting.iter().position(|(it, _)| *it == build) else {
            return build.make();
        };
        let (_, hear) = self.waiting.remove(at);
        let made = hear.recv().with_context(|| format!("building {} ended early", build.name()))?;
        print!("{}", std::fs::read_to_string(&made.log).unwrap_or_default());
        let status = made.ended?;
        if !status.success() {
            bail!("failed ({status}): building {}", build.name());
        }
        say::note(&format!("{} was built in {}", build.name(), say::duration(made.took)));
        Ok(())
    }
}

/// What nobody waits for any more ends with the tests.
impl Drop for Ahead {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(|it| it.into_inner());
        running.stopped = true;
        if let Some(child) = &mut running.child {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Runs a build with its output in a file.
fn apart(build: Build, log: &PathBuf, running: &Mutex<Running>) -> Result<ExitStatus> {
    let out = File::create(log).with_context(|| format!("creating {}", log.display()))?;
    let mut command = process::command(std::env::current_exe()?);
    command.args(["build-only", build.name()]).stdout(out.try_clone()?).stderr(out);
    let lock = || running.lock().unwrap_or_else(|it| it.into_inner());
    {
        let mut running = lock();
        if running.stopped {
            bail!("the tests have ended");
        }
        running.child = Some(command.spawn().context("could not start a build")?);
    }
    loop {
        // Not `wait`: that would hold the lock which stopping needs.
        if let Some(child) = &mut lock().child {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_unknown_ones_are_errors() {
        let names: std::collections::HashSet<_> = Build::ALL.iter().map(|it| it.name()).collect();
        assert_eq!(names.len(), Build::ALL.len());
        assert!(command(&["nothing".into()]).is_err());
        assert!(command(&[]).is_err());
    }
}

//! What a machine is made of. Whatever is asked for becomes a scenario, so that the machine can be
//! made again from what is kept of it.

use super::Failure;
use crate::errno::Errno;
use crate::machine::profile;
use crate::port::{Past, lines};
use crate::share::{self, Shared, Start};
use serde::{Deserialize, Serialize};

/// What `Machine.create` takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Options {
    /// The text of a scenario file. It brings its own preparation, kernel and directory.
    pub scenario: Option<String>,
    /// Commands of the preparation, one a line: steps that cannot be undone.
    pub setup: Option<String>,
    /// Docker's storage driver; `overlay2` without it.
    pub driver: Option<String>,
    /// The kernel to be; `6.18` without it.
    pub kernel: Option<String>,
    /// The directory that the shell starts in; `/root` without it.
    pub dir: Option<String>,
    /// Where the shell's `$RANDOM` starts. There is no other chance in the machine.
    pub seed: Option<u32>,
    /// Columns of the terminal; 80 without it.
    pub columns: Option<u16>,
    /// A machine that `export()` has described.
    pub state: Option<Kept>,
}

/// What restores a machine: nothing of its state, all that led there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Kept {
    /// The version of this form: 1.
    pub layerglass: u32,
    /// The text of the scenario.
    pub scenario: String,
    /// The steps after its preparation.
    pub past: Vec<Past>,
    /// How many of them are done.
    pub at: usize,
}

/// The version of [`Kept`] that is written and read.
pub const KEPT: u32 = 1;

/// What a link holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Opened {
    /// The id of a built-in scenario, whose text then belongs into `kept`.
    pub lab: Option<String>,
    pub kept: Kept,
}

/// Reads a link in any of its forms.
///
/// # Errors
/// `EINVAL` with what is wrong with it.
pub fn open(link: &str) -> Result<Opened, Failure> {
    let Shared { start, past, at, .. } =
        share::open(link).map_err(|why| Failure::of(Errno::EINVAL, why.to_string()))?;
    let (lab, scenario) = match start {
        Start::Blank => (None, Options::default().scenario()?),
        Start::Lab(id) => (Some(id), String::new()),
        Start::Inline(text) => (None, text),
    };
    let at = at.unwrap_or(past.len());
    Ok(Opened { lab, kept: Kept { layerglass: KEPT, scenario, past, at } })
}

impl Options {
    /// The scenario that these options ask for.
    ///
    /// # Errors
    /// `EINVAL` with what is wrong with them.
    pub fn scenario(&self) -> Result<String, Failure> {
        let bad = |why: String| Err(Failure::of(Errno::EINVAL, why));
        let own = [
            ("setup", self.setup.is_some()),
            ("driver", self.driver.is_some()),
            ("kernel", self.kernel.is_some()),
            ("dir", self.dir.is_some()),
            ("seed", self.seed.is_some()),
        ];
        let (has_text, has_state) = (self.scenario.is_some(), self.state.is_some());
        if let Some((name, _)) = own.iter().find(|it| it.1 && (has_text || has_state)) {
            let with = if has_text { "scenario" } else { "state" };
            return bad(format!("`{name}` and `{with}` do not go together: the {with} says it"));
        }
        match (&self.scenario, &self.state) {
            (Some(_), Some(_)) => bad("give `scenario` or `state`, not both".into()),
            (Some(text), None) => Ok(text.clone()),
            (None, Some(kept)) if kept.layerglass != KEPT => bad(format!(
                "this state is of version {}, and this program reads version {KEPT}",
                kept.layerglass
            )),
            (None, Some(kept)) => Ok(kept.scenario.clone()),
            (None, None) => self.written(),
        }
    }

    /// A scenario made of the options.
    fn written(&self) -> Result<String, Failure> {
        let bad = |why: String| Err(Failure::of(Errno::EINVAL, why));
        let kernel = self.kernel.as_deref().unwrap_or("6.18");
        if profile::by_name(kernel).is_none() {
            let known: Vec<&str> = profile::ALL.iter().map(|it| it.name).collect();
            return bad(format!("kernel: there is no {kernel}; there are {}", known.join(", ")));
        }
        let dir = self.dir.as_deref().unwrap_or("/root");
        if !dir.starts_with('/') || dir.contains(['\n', '"', '\\', '\'', '\0']) {
            return bad(format!("dir: {dir:?} is no absolute path without quotes and line breaks"));
        }
        let mut setup = Vec::new();
        if let Some(driver) = &self.driver {
            setup.push(driver_line(driver)?);
        }
        if let Some(seed) = self.seed {
            setup.push(format!("RANDOM={seed}"));
        }
        for line in lines::commands(self.setup.as_deref().unwrap_or_default()) {
            let is_one = line.lines().filter(|it| !it.trim_start().starts_with('#')).count() <= 1;
            if !is_one {
                return bad(format!("setup: one command a line, and this has more:\n{line}"));
            }
            setup.extend(
                line.lines().filter(|it| !it.trim_start().starts_with('#')).map(str::to_owned),
            );
        }
        let mut text = format!(
            "layerglass: 1\nid: machine\ntitle: {{en: A machine, zh: 一台机器}}\n\
             kernel: \"{kernel}\"\ndir: \"{dir}\"\n"
        );
        if !setup.is_empty() {
            text += "setup: |\n";
            setup.iter().for_each(|line| text += &format!("  {}\n", line.trim()));
        }
        Ok(text)
    }
}

/// Tells the machine's engine its storage driver, as an administrator would.
fn driver_line(driver: &str) -> Result<String, Failure> {
    if crate::drivers::by_name(driver, "").is_none() {
        let why = format!("driver: {driver:?} is no storage driver of this version");
        return Err(Failure::of(Errno::EINVAL, why));
    }
    Ok(format!(
        "mkdir -p /etc/docker && echo '{{\"storage-driver\": \"{driver}\"}}' > /etc/docker/daemon.json"
    ))
}

//! The recorded kernel traces as tests, one a case:
//!
//! - `replay/…` runs the case on the engine and compares each line with the recorded one;
//! - `live/…` records the case anew on the kernel below and compares with the stored trace;
//! - `modes/…` changes the case in one way (another disk, a slash behind each path, a fresh mount
//!   after each operation…) and compares the engine with the kernel below;
//! - `properties/…` holds on every case what must hold anywhere;
//! - `matrix` ties the cases that are cells of tables to those tables;
//! - `rules/…` and `semantics` tie the rules of the engine to the cases that show them.
//!
//! A case that is known to differ stands in `divergences.toml` and has to keep differing. Where the
//! kernel cannot be asked, the live tests are ignored with the reason, and fail when
//! `LAYERGLASS_REQUIRE_LIVE` is set.

#[path = "truth/afterwards.rs"]
mod afterwards;
#[path = "truth/cases.rs"]
mod cases;
#[path = "truth/divergences.rs"]
mod divergences;
#[path = "both/files.rs"]
mod files;
#[cfg(target_os = "linux")]
#[path = "truth/live.rs"]
mod live;
#[path = "truth/matrix.rs"]
mod matrix;
#[cfg(target_os = "linux")]
#[path = "truth/modes.rs"]
mod modes;
#[path = "truth/properties.rs"]
mod properties;
#[path = "truth/replay.rs"]
mod replay;
#[path = "truth/rules.rs"]
mod rules;
#[path = "truth/semantics.rs"]
mod semantics;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if std::env::args().nth(1).as_deref() == Some(live::CHILD) {
        return live::child();
    }
    let args = Arguments::from_args();
    let cases = cases::all();
    let known = divergences::load();
    let mut trials: Vec<Trial> = divergences::checks(&known, cases);
    trials.extend(cases.iter().map(|case| replay::trial(case, known.reason(&case.name))));
    trials.extend(properties::trials());
    trials.extend(rules::trials());
    trials.push(semantics::trial());
    trials.push(matrix::trial());
    #[cfg(target_os = "linux")]
    trials.extend(live::trials(&args, cases, &known));
    libtest_mimic::run(&args, trials).exit_code()
}

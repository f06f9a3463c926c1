//! Lessons and scripts played to their end: the digest of the machine that is left, and of what it
//! printed. The same list has to come out natively and in WebAssembly.

use super::files;
use layerglass::machine::Machine;
use layerglass::machine::journal::{Progress, Session};
use layerglass::scenario::{self, host};

/// Rounds of the scheduler before a command counts as hanging.
const PATIENCE: usize = 100_000;

/// `name digest` lines: every solution of every lesson, and every script of tests/scripts.
pub fn list() -> String {
    let mut out = String::new();
    for (name, text) in files::below("static/scenarios", "yaml") {
        let scenario = scenario::parse(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
        for (nth, way) in scenario.solutions.iter().enumerate() {
            let digest = play(&scenario, &way.script);
            out.push_str(&format!("{name} solution {} {digest}\n", nth + 1));
        }
    }
    for (name, text) in files::below("tests/scripts", "sh") {
        out.push_str(&format!("{name} {}\n", script(&text)));
    }
    out
}

/// A lesson's preparation, then the lines of a solution, as if typed.
fn play(scenario: &scenario::Scenario, solution: &str) -> String {
    let mut session = host::prepare(scenario);
    let lines = |text: &str| -> Vec<String> {
        text.lines().filter(|it| !it.trim().is_empty()).map(str::to_owned).collect()
    };
    let mut printed = Vec::new();
    for line in lines(&scenario.setup) {
        run(&mut session, &line, true, &mut printed);
    }
    for line in lines(solution) {
        run(&mut session, &line, false, &mut printed);
    }
    format!("{} {:016x}", session.machine().digest(), hash(&printed))
}

fn run(session: &mut Session, line: &str, setup: bool, printed: &mut Vec<u8>) {
    session.run(line, setup);
    for _ in 0..PATIENCE {
        let mut output = Vec::new();
        let progress = session.pump(50, &mut output);
        output.iter().for_each(|it| printed.extend(&it.1));
        match progress {
            Progress::Running => {}
            Progress::Waiting => panic!("{line}: waits for input"),
            Progress::Elsewhere => panic!("{line}: not with all commands"),
            Progress::Done(_) => {
                session.record();
                return;
            }
        }
    }
    panic!("{line}: does not end");
}

fn script(text: &str) -> String {
    let mut machine = Machine::boot();
    machine.run_script(b"mkdir -p /lab && mount -t tmpfs tmpfs /lab && cd /lab");
    let done = machine.run_bash(&[b"bash", b"-c", text.as_bytes()], b"");
    let printed: Vec<u8> = done.events.into_iter().flat_map(|it| it.1).collect();
    format!("{} {:016x} {}", machine.digest(), hash(&printed), done.status)
}

fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

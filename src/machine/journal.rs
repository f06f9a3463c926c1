//! The machine at a prompt, and its past: every command is a step with a snapshot after it. Undo,
//! redo and goto go to a snapshot; a command at an older step starts a new future there.

use super::Machine;
use super::schedule::Ran;
pub use crate::shell::os::Request;
use crate::sys::{AT_FDCWD, Sys};
use crate::trace::Step;
use crate::types::OpenFlags;
use crate::vfs::Pid;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Marks the beginning of a prompt in the shell's output.
const PROMPT_MARK: u8 = 0x1e;
/// Bytes of output kept for each step.
const OUTPUT_MAX: usize = 64 * 1024;

/// One command of the past.
#[derive(Clone)]
pub struct Entry {
    pub line: String,
    pub status: i32,
    pub trace: Vec<Step>,
    /// The beginning of what it printed, both streams.
    pub output: Vec<u8>,
    /// Part of the scenario's preparation.
    pub setup: bool,
    /// What came from the host while it ran.
    pub given: Vec<Given>,
    after: Snapshot,
}

/// Something that came from the host while a command ran, and when: a command line and these make
/// the same step again.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Rounds of the scheduler that the command had had by then.
    pub round: u64,
    pub what: Hand,
}

/// What a host can give to a command that runs.
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hand {
    /// Bytes for standard input.
    Input(Vec<u8>),
    /// Ctrl-D.
    End,
    /// Ctrl-C.
    Interrupt,
    /// The text that an editor saves.
    Save(String),
}

#[derive(Clone)]
struct Snapshot {
    machine: Machine,
    shell: Pid,
    prompt: String,
}

/// How far a command is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Call again.
    Running,
    /// Waits for input from the host.
    Waiting,
    /// A command was called that only a machine with all commands has.
    Elsewhere,
    /// Back at the prompt. What the command asked of the machine around it comes along.
    Done(Vec<Request>),
}

/// A machine with an interactive shell.
pub struct Session {
    now: Snapshot,
    start: Snapshot,
    entries: Vec<Entry>,
    at: usize,
    running: Option<Running>,
    /// Columns of the host's terminal. It is no part of the past: undo does not resize a window.
    columns: u16,
}

/// Bytes of output after which a host hears of them.
const EMIT_MAX: usize = 32 * 1024;
/// Columns of a terminal whose host has not said anything.
const COLUMNS: u16 = 80;
/// Rows, which no simulated command looks at.
const ROWS: u16 = 24;

struct Running {
    line: String,
    setup: bool,
    output: Vec<u8>,
    rounds: u64,
    given: Vec<Given>,
    /// What will be given again, in its time.
    to_come: VecDeque<Given>,
}

impl Session {
    /// A machine that `prepare` has filled, with a shell in `dir`.
    pub fn new(mut machine: Machine, dir: &str) -> Session {
        machine.kernel.console.tty = [true, true, true];
        let argv: Vec<Vec<u8>> = vec![b"bash".to_vec(), b"-i".to_vec()];
        let shell = machine.start(&argv);
        let now = Snapshot { machine, shell, prompt: String::new() };
        let mut session = Session {
            start: now.clone(),
            now,
            entries: Vec::new(),
            at: 0,
            running: None,
            columns: COLUMNS,
        };
        session.resize(COLUMNS);
        session.settle();
        session.quiet("PS1=$'\\x1e\\\\u@\\\\h:\\\\w\\\\$ ' PS2=$'\\x1e> '");
        session.quiet(&format!("cd '{}'; history -c", dir.replace('\'', "'\\''")));
        session.start = session.now.clone();
        session
    }

    /// A line that is no step and leaves no output.
    fn quiet(&mut self, line: &str) {
        self.now.machine.kernel.console.type_in(format!("{line}\n").as_bytes());
        self.settle();
    }

    fn settle(&mut self) {
        for _ in 0..10_000 {
            let ran = self.now.machine.run(None, 1);
            self.collect(&mut Vec::new());
            let drained = self.now.machine.kernel.console.is_drained();
            if drained && self.is_at_prompt() || matches!(ran, Ran::Empty | Ran::Waiting) {
                break;
            }
        }
    }

    fn is_at_prompt(&self) -> bool {
        let task = self.now.machine.tasks.map.get(&self.now.shell);
        task.is_some_and(|it| it.program.last_status_at_prompt().is_some())
    }

    fn status(&self) -> i32 {
        let task = self.now.machine.tasks.map.get(&self.now.shell);
        task.and_then(|it| it.program.last_status_at_prompt()).unwrap_or(0)
    }

    /// Starts a command line.
    pub fn run(&mut self, line: &str, setup: bool) {
        let kernel = &mut self.now.machine.kernel;
        kernel.trace.take();
        kernel.trace.set_on(true);
        kernel.console.type_in(format!("{line}\n").as_bytes());
        // A prompt that comes before the command's end is one that asks for more of it.
        self.now.prompt.clear();
        self.running = Some(Running {
            line: line.to_owned(),
            setup,
            output: Vec::new(),
            rounds: 0,
            given: Vec::new(),
            to_come: VecDeque::new(),
        });
    }

    /// Starts a command line of the past: it gets what it was given then, in the same rounds.
    pub fn run_again(&mut self, line: &str, given: Vec<Given>) {
        self.run(line, false);
        if let Some(running) = &mut self.running {
            running.to_come = given.into();
        }
    }

    /// Gives again what is due.
    fn give_again(&mut self) -> bool {
        let Some(running) = &mut self.running else { return false };
        match running.to_come.front() {
            Some(Given { what: Hand::Save(_), .. }) | None => return false,
            Some(next) if next.round > running.rounds => return false,
            Some(_) => {}
        }
        match running.to_come.pop_front().map(|it| it.what) {
            Some(Hand::Input(text)) => self.input(&text),
            Some(Hand::End) => self.end_input(),
            _ => self.interrupt(),
        }
        true
    }

    /// The text that is saved again by the command that runs; `None` if its editor was given up.
    pub fn saved_before(&mut self) -> Option<String> {
        match self.running.as_mut()?.to_come.pop_front()?.what {
            Hand::Save(text) => Some(text),
            _ => None,
        }
    }

    fn gets_more(&self) -> bool {
        self.running.as_ref().is_some_and(|it| !it.to_come.is_empty())
    }

    fn note(&mut self, what: Hand) {
        if let Some(running) = &mut self.running {
            running.given.push(Given { round: running.rounds, what });
        }
    }

    /// What the command that runs was given so far.
    pub fn given(&self) -> Vec<Given> {
        self.running.as_ref().map(|it| it.given.clone()).unwrap_or_default()
    }

    /// As if the machine had been asked for a command that it does not have.
    #[cfg(test)]
    pub fn call_elsewhere(&mut self) {
        self.now.machine.requests.push(Request::Elsewhere);
    }

    /// A command is under way.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Goes on with what runs; `emit` gets its output (`true`: standard error).
    pub fn pump(&mut self, budget: u64, emit: &mut Vec<(bool, Vec<u8>)>) -> Progress {
        if self.running.is_none() {
            return Progress::Done(Vec::new());
        }
        for _ in 0..budget {
            while self.give_again() {}
            let ran = self.now.machine.run(None, 1);
            if let Some(running) = &mut self.running {
                running.rounds += 1;
            }
            self.collect(emit);
            let asked = self.now.machine.requests.len();
            self.now.machine.requests.retain(|it| !matches!(it, Request::Elsewhere));
            if self.now.machine.requests.len() < asked {
                return Progress::Elsewhere;
            }
            // A host that draws what it gets must come to its turn.
            if emit.iter().map(|it| it.1.len()).sum::<usize>() > EMIT_MAX && ran == Ran::More {
                return Progress::Running;
            }
            if self.is_at_prompt() && self.now.machine.kernel.console.is_drained() {
                let requests = std::mem::take(&mut self.now.machine.requests);
                return Progress::Done(requests);
            }
            match ran {
                Ran::Empty => {
                    self.restart_shell();
                    return Progress::Done(Vec::new());
                }
                // A wait took rounds then, and takes as many now.
                Ran::Waiting if self.gets_more() => {}
                Ran::Waiting => return Progress::Waiting,
                Ran::More | Ran::Over => {}
            }
        }
        Progress::Running
    }

    /// The shell has ended (`exit`): there is another one, as after logging in again.
    fn restart_shell(&mut self) {
        let argv: Vec<Vec<u8>> = vec![b"bash".to_vec(), b"-i".to_vec()];
        self.now.shell = self.now.machine.start(&argv);
        self.settle();
        self.quiet("PS1=$'\\x1e\\\\u@\\\\h:\\\\w\\\\$ ' PS2=$'\\x1e> '");
    }

    /// Takes output; what follows the mark is the prompt.
    fn collect(&mut self, emit: &mut Vec<(bool, Vec<u8>)>) {
        for (err, mut bytes) in self.now.machine.take_output() {
            if err {
                if let Some(at) = bytes.iter().rposition(|&b| b == PROMPT_MARK) {
                    self.now.prompt = String::from_utf8_lossy(&bytes[at + 1..]).into_owned();
                    bytes.truncate(at);
                    bytes.retain(|&b| b != PROMPT_MARK);
                }
            }
            if bytes.is_empty() {
                continue;
            }
            if let Some(running) = &mut self.running {
                let room = OUTPUT_MAX.saturating_sub(running.output.len());
                running.output.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            emit.push((err, bytes));
        }
    }

    /// Writes the finished command into the journal. A future that was undone is forgotten.
    pub fn record(&mut self) -> Option<&Entry> {
        let running = self.running.take()?;
        let kernel = &mut self.now.machine.kernel;
        let trace = kernel.trace.take();
        kernel.trace.set_on(false);
        let status = self.status();
        self.entries.truncate(self.at);
        self.entries.push(Entry {
            line: running.line,
            status,
            trace,
            output: running.output,
            setup: running.setup,
            given: running.given,
            after: self.now.clone(),
        });
        self.at = self.entries.len();
        self.entries.last()
    }

    /// Forgets the finished command: it was about the journal itself.
    pub fn drop_running(&mut self) {
        self.running = None;
        self.now.machine.kernel.trace.take();
        self.now.machine.kernel.trace.set_on(false);
    }

    /// To just after step `n`; 0 is the start.
    pub fn goto(&mut self, n: usize) {
        self.running = None;
        self.at = n.min(self.entries.len());
        self.now = match self.at.checked_sub(1).and_then(|i| self.entries.get(i)) {
            Some(entry) => entry.after.clone(),
            None => self.start.clone(),
        };
        self.resize(self.columns);
    }

    /// Bytes for what reads standard input.
    pub fn input(&mut self, text: &[u8]) {
        self.note(Hand::Input(text.to_vec()));
        self.now.machine.kernel.console.type_in(text);
    }

    /// Ctrl-D.
    pub fn end_input(&mut self) {
        self.note(Hand::End);
        self.now.machine.kernel.console.type_end();
    }

    /// The terminal's width, for programs that ask.
    pub fn resize(&mut self, columns: u16) {
        self.columns = columns.max(1);
        self.now.machine.kernel.console.size = Some((self.columns, ROWS));
    }

    /// The width that the host told.
    pub const fn columns(&self) -> u16 {
        self.columns
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self) {
        self.note(Hand::Interrupt);
        self.now.machine.kernel.console.forget_end();
        self.now.machine.interrupt();
    }

    pub fn machine(&self) -> &Machine {
        &self.now.machine
    }
    /// The shell's process.
    pub fn shell(&self) -> Pid {
        self.now.shell
    }
    pub fn prompt(&self) -> &str {
        &self.now.prompt
    }
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// Steps done: the position of the time slider.
    pub fn at(&self) -> usize {
        self.at
    }
    /// Everything that entries up to now printed since step `from`.
    pub fn printed(&self, from: usize) -> impl Iterator<Item = &[u8]> + '_ {
        self.entries.iter().take(self.at).skip(from).map(|it| it.output.as_slice())
    }

    /// Reads a file as the shell's process would.
    pub fn read_file(&mut self, path: &[u8]) -> Vec<u8> {
        let shell = self.now.shell;
        read_whole(&mut self.now.machine.kernel.sys(shell), path).unwrap_or_default()
    }

    /// Puts a file of the host into the machine, as a part of the next command.
    ///
    /// # Errors
    /// Those of the calls.
    pub fn put(&mut self, path: &[u8], bytes: Vec<u8>) -> crate::types::Result<()> {
        let shell = self.now.shell;
        let mut sys = self.now.machine.kernel.sys(shell);
        let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC;
        let fd = sys.openat(AT_FDCWD, path, flags, 0o644)?;
        let len = bytes.len();
        let seg = crate::store::Seg::Shared { bytes: bytes.into(), off: 0, len };
        let done = sys.pwrite_rope(fd, &crate::store::Rope { segs: vec![seg] }, 0);
        sys.close(fd)?;
        done
    }

    /// Saves a file as the editor would, inside the command that runs.
    ///
    /// # Errors
    /// Those of the editor's calls.
    pub fn save(&mut self, path: &[u8], editor: &str, text: &[u8]) -> crate::types::Result<()> {
        self.note(Hand::Save(String::from_utf8_lossy(text).into_owned()));
        let shell = self.now.shell;
        let mut sys = self.now.machine.kernel.sys(shell);
        crate::shell::command::edit::save_like_editor(&mut sys, editor, path, text)
    }
}

/// The bytes of a file.
///
/// # Errors
/// Those of open and read.
pub fn read_whole(sys: &mut dyn Sys, path: &[u8]) -> crate::types::Result<Vec<u8>> {
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::RDONLY | OpenFlags::NONBLOCK, 0)?;
    let mut out = Vec::new();
    let mut buf = vec![0; 64 * 1024];
    let res = loop {
        match sys.read(fd, &mut buf) {
            Ok(0) => break Ok(()),
            Ok(n) => out.extend_from_slice(&buf[..n]),
            Err(errno) => break Err(errno),
        }
        if out.len() > 8 << 20 {
            break Ok(());
        }
    };
    sys.close(fd)?;
    res.map(|()| out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(session: &mut Session, line: &str) -> (i32, String) {
        session.run(line, false);
        let mut out = Vec::new();
        for _ in 0..1000 {
            match session.pump(50, &mut out) {
                Progress::Running => {}
                _ => break,
            }
        }
        let status = session.record().map_or(-1, |it| it.status);
        let bytes: Vec<u8> = out.into_iter().flat_map(|it| it.1).collect();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn a_command_of_several_lines_is_one_step() {
        let mut session = Session::new(Machine::boot(), "/tmp");
        session.run("for i in 1 2; do", false);
        let mut out = Vec::new();
        for line in ["echo $i", "done"] {
            while session.pump(50, &mut out) == Progress::Running {}
            assert_eq!((session.prompt(), session.is_running()), ("> ", true));
            session.input(format!("{line}\n").as_bytes());
        }
        while session.pump(50, &mut out) == Progress::Running {}
        assert_eq!(session.record().map(|it| it.output.clone()), Some(b"1\n2\n".to_vec()));
        session.run("if true; then", false);
        while session.pump(50, &mut out) == Progress::Running {}
        session.interrupt();
        while session.pump(50, &mut out) == Progress::Running {}
        assert!(session.record().is_some());
        assert_eq!(run(&mut session, "echo free").1, "free\n");
    }

    #[test]
    fn listings_follow_the_width_of_the_terminal() {
        let mut session = Session::new(Machine::boot(), "/tmp");
        run(&mut session, "touch aaaaaaaaaa bbbbbbbbbb cccccccccc");
        assert_eq!(run(&mut session, "ls").1.lines().count(), 1);
        session.resize(20);
        assert_eq!(run(&mut session, "ls").1.lines().count(), 3);
        session.goto(1);
        assert_eq!(run(&mut session, "ls").1.lines().count(), 3);
    }

    #[test]
    fn a_slip_is_answered_with_a_guess_at_the_prompt_only() {
        let mut session = Session::new(Machine::boot(), "/tmp");
        let said = run(&mut session, "moutn | cat; pdoman");
        let first = "bash: moutn: command not found\nDid you mean mount?\n";
        assert_eq!(said, (127, format!("{first}bash: pdoman: command not found\n")));
        let plain = Machine::boot().run_script(b"moutn");
        assert_eq!(plain.stderr(), b"bash: line 1: moutn: command not found\n");
    }

    #[test]
    fn steps_undo_and_branch() {
        let mut session = Session::new(Machine::boot(), "/tmp");
        assert_eq!(session.prompt(), "root@lab:/tmp# ");
        assert_eq!(run(&mut session, "echo one > a; cat a"), (0, "one\n".to_owned()));
        assert_eq!(run(&mut session, "cat nothing").0, 1);
        assert_eq!(run(&mut session, "cd /; X=5"), (0, String::new()));
        assert_eq!(session.prompt(), "root@lab:/# ");
        session.goto(1);
        assert_eq!(session.prompt(), "root@lab:/tmp# ");
        assert_eq!(run(&mut session, "echo \"[$X]\""), (0, "[]\n".to_owned()));
        assert_eq!(session.entries().len(), 2);
        session.goto(0);
        assert_eq!(run(&mut session, "cat a").0, 1);
    }
}

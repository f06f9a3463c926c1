//! Proves a scenario: plays it in every way it knows and asks its goals, with nobody at the keyboard.
//!
//! The answers of the steps must go through the lesson, one step each; so must every solution. No
//! step may be done before it begins, each prediction must come true, every suggested command must
//! exist, and every file that the prose names must be there at some moment.

use super::host;
use super::progress::Progress;
use super::{LessonStep, Scenario, format, prose};
use crate::machine::journal::{self, Request, Session};
use crate::sys::{AT_FDCWD, Sys, at};
use crate::view::build;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Rounds of the scheduler for one command: some seconds.
const PATIENCE: usize = 20_000;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// Line of the file, from 1.
    pub line: usize,
    pub reason: String,
}

/// What was played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Played {
    pub id: String,
    pub steps: usize,
    /// Ways through the lesson: the answers, and each solution.
    pub ways: usize,
    /// Commands that were typed.
    pub commands: usize,
}

/// Checks the text of a scenario file.
///
/// # Errors
/// Everything that is wrong, by line; never empty.
pub fn check(text: &str) -> Result<Played, Vec<Problem>> {
    let scenario =
        format::parse(text).map_err(|why| vec![Problem { line: why.line, reason: why.reason }])?;
    let mut checker = Checker::new(&scenario);
    checker.read();
    checker.play();
    checker.names();
    let Checker { mut problems, played, .. } = checker;
    problems.sort();
    problems.dedup();
    if problems.is_empty() { Ok(played) } else { Err(problems) }
}

struct Checker<'a> {
    scenario: &'a Scenario,
    problems: Vec<Problem>,
    played: Played,
    /// Files that the prose names and that have not been seen yet, with their lines.
    unseen: Vec<(usize, String)>,
}

impl<'a> Checker<'a> {
    fn new(scenario: &'a Scenario) -> Checker<'a> {
        let mut unseen = Vec::new();
        for (line, said) in prose::texts(scenario) {
            unseen.extend(prose::paths(said).into_iter().map(|it| (line, it)));
        }
        let played = Played { id: scenario.id.clone(), ..Played::default() };
        Checker { scenario, problems: Vec::new(), played, unseen }
    }

    fn fault(&mut self, line: usize, reason: impl Into<String>) {
        self.problems.push(Problem { line, reason: reason.into() });
    }

    /// What can be seen without playing.
    fn read(&mut self) {
        let scenario = self.scenario;
        for (line, said) in prose::texts(scenario) {
            for why in prose::faults(said) {
                self.fault(line, why);
            }
        }
        if scenario.steps.is_empty() {
            self.fault(1, "a scenario needs `steps`");
        }
        if scenario.solutions.is_empty() {
            self.fault(1, "at least one of `solutions` is needed");
        }
        for step in &scenario.steps {
            if !(2..=3).contains(&step.hints.len()) {
                let n = step.hints.len();
                self.fault(step.line, format!("two or three `hints` are needed, there are {n}"));
            }
        }
    }

    /// Plays every way.
    fn play(&mut self) {
        let Some(mut player) = self.start() else { return };
        let begun = player.session.at();
        self.look(&player.session);
        for (i, step) in self.scenario.steps.iter().enumerate() {
            if !self.play_step(&mut player, i, step) {
                return;
            }
        }
        self.played.steps = self.scenario.steps.len();
        self.played.ways = 1;
        for (i, way) in self.scenario.solutions.iter().enumerate() {
            player.session.goto(begun);
            player.progress = Progress { step: 0, since: begun };
            self.play_way(&mut player, i + 1, way);
            self.played.ways += 1;
        }
    }

    /// The machine when the learner gets it.
    fn start(&mut self) -> Option<Player> {
        let session = host::prepare(self.scenario);
        let mut player = Player { session, progress: Progress::default() };
        for line in self.scenario.setup.lines().filter(|it| !it.trim().is_empty()) {
            if let Err(why) = player.run(line, true) {
                self.fault(1, format!("setup: `{line}`: {why}"));
                return None;
            }
        }
        player.progress.since = player.session.at();
        player.progress.advance(self.scenario, &player.session);
        if player.progress.step > 0 {
            let line = self.scenario.steps.first().map_or(1, |it| it.line);
            self.fault(line, "the goals of step 1 are met before anything is typed");
            return None;
        }
        Some(player)
    }

    /// Plays the answer of the step that is on; `false` if it makes no sense to go on.
    fn play_step(&mut self, player: &mut Player, i: usize, step: &LessonStep) -> bool {
        let n = i + 1;
        let before = player.session.at();
        for line in &step.suggest {
            if let Err(why) = player.run(line, false) {
                self.fault(step.line, format!("step {n} suggests `{line}`: {why}"));
            }
            self.look(&player.session);
            player.session.goto(before);
        }
        let begun = player.progress;
        for line in step.answer.trim().lines() {
            if let Err(why) = player.run(line, false) {
                self.fault(step.line, format!("the answer of step {n}: {why}"));
                return false;
            }
            self.played.commands += 1;
            self.look(&player.session);
            player.progress.advance(self.scenario, &player.session);
        }
        self.predicted(player, begun, step);
        if player.progress.step == i {
            self.unmet(player, &format!("the answer of step {n}"));
            return false;
        }
        if player.progress.step > n {
            let line = self.scenario.steps[n].line;
            self.fault(line, format!("the goals of step {} are met before it begins", n + 1));
            return false;
        }
        true
    }

    /// The right choice has come true, and no other one.
    fn predicted(&mut self, player: &Player, begun: Progress, step: &LessonStep) {
        let Some(predict) = &step.predict else { return };
        let question = begun.question(self.scenario, &player.session);
        for choice in &predict.choices {
            let Some(check) = &choice.check else { continue };
            let holds = question.holds(check);
            if holds != choice.right {
                let came = if holds { "comes true" } else { "does not come true" };
                let right = if choice.right { "right" } else { "wrong" };
                let reason = format!("`{}` is the {right} choice and {came}", choice.text.en);
                self.problems.push(Problem { line: choice.line, reason });
            }
        }
    }

    fn play_way(&mut self, player: &mut Player, n: usize, way: &super::Way) {
        for (i, line) in way.script.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            if let Err(why) = player.run(line, false) {
                self.fault(way.line + 1 + i, format!("solution {n}: `{line}`: {why}"));
                return;
            }
            self.played.commands += 1;
            self.look(&player.session);
            player.progress.advance(self.scenario, &player.session);
        }
        if player.progress.step < self.scenario.steps.len() {
            self.unmet(player, &format!("solution {n}"));
        }
    }

    /// Names the goals that are not met.
    fn unmet(&mut self, player: &Player, who: &str) {
        let step = player.progress.step;
        let question = player.progress.question(self.scenario, &player.session);
        for it in &self.scenario.steps[step].goals {
            if !question.holds(&it.check) {
                let reason =
                    format!("{who} does not reach it: {} (step {})", it.label.en, step + 1);
                self.problems.push(Problem { line: it.line, reason });
            }
        }
    }

    /// Takes the files that are there now off the list of those named.
    fn look(&mut self, session: &Session) {
        if self.unseen.is_empty() {
            return;
        }
        let mut kernel = session.machine().kernel.clone();
        let shell = session.shell();
        let (rows, _) = build::tree(&mut kernel, shell, &self.scenario.dir);
        let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let names: BTreeSet<String> = rows.iter().map(|it| base(&it.path)).collect();
        let dir = &self.scenario.dir;
        let roots: Vec<String> = build::mounts(&mut kernel, &crate::store::Map::new())
            .into_iter()
            .map(|it| it.target)
            .collect();
        self.unseen.retain(|(_, path)| {
            if !path.contains('/') {
                return !names.contains(path);
            }
            let full = host::absolute(dir, path);
            // A path from the root may be one of a container: then its root is a mounted overlay.
            let inside =
                roots.iter().filter(|_| path.starts_with('/')).map(|it| format!("{it}{path}"));
            !std::iter::once(full).chain(inside).any(|it| {
                kernel.sys(shell).statat(AT_FDCWD, it.as_bytes(), at::SYMLINK_NOFOLLOW).is_ok()
            })
        });
    }

    /// Files named and never seen.
    fn names(&mut self) {
        for (line, path) in std::mem::take(&mut self.unseen) {
            self.fault(line, format!("the text names `{path}`, which is never there"));
        }
    }
}

/// Somebody who types.
struct Player {
    session: Session,
    progress: Progress,
}

impl Player {
    /// Types a text and waits for the prompt.
    fn run(&mut self, text: &str, setup: bool) -> Result<(), String> {
        self.session.run(text, setup);
        let mut output = Vec::new();
        for _ in 0..PATIENCE {
            match self.session.pump(50, &mut output) {
                journal::Progress::Running => {}
                journal::Progress::Waiting | journal::Progress::Elsewhere => {
                    return self.give_up("waits for input");
                }
                journal::Progress::Done(requests) => return self.done(requests, &output),
            }
        }
        self.give_up("does not end")
    }

    fn give_up(&mut self, why: &str) -> Result<(), String> {
        self.session.interrupt();
        let mut rest = Vec::new();
        let _ = self.session.pump(1000, &mut rest);
        self.session.drop_running();
        Err(why.to_owned())
    }

    fn done(&mut self, requests: Vec<Request>, output: &[(bool, Vec<u8>)]) -> Result<(), String> {
        let at = self.session.at();
        let mut moved = None;
        for request in requests {
            match request {
                Request::Undo(n) => moved = Some(at.saturating_sub(n)),
                Request::Redo(n) => moved = Some(at.saturating_add(n)),
                Request::Goto(n) => moved = Some(n),
                Request::Edit { .. }
                | Request::Clear
                | Request::ShowTrace { .. }
                | Request::Elsewhere
                | Request::Began { .. } => {}
            }
        }
        if let Some(n) = moved {
            self.session.drop_running();
            self.session.goto(n);
            return Ok(());
        }
        match self.session.record().map(|it| it.status) {
            Some(126 | 127) => {
                let text: Vec<u8> = output.iter().flat_map(|it| it.1.iter().copied()).collect();
                Err(String::from_utf8_lossy(&text).trim_end().to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "layerglass: 1
id: x
title: {en: A, zh: 甲}
host: |
  lower/ upper/ work/ merged/
  lower/a.txt : hi
setup: |
  mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
steps:
  - say: {en: 'Remove `merged/a.txt`.', zh: '删除 `merged/a.txt`。'}
    predict:
      ask: {en: What is in upper then?, zh: 之后 upper 里有什么？}
      choices:
        - {en: nothing, zh: 什么都没有, check: not whiteout upper/a.txt}
        - {en: a mark, zh: 一个记号, right: yes, check: whiteout upper/a.txt}
    suggest: [ls merged]
    answer: rm merged/a.txt
    goals:
      - {check: absent merged/a.txt, en: gone, zh: 没了}
    hints:
      - {en: Use rm, zh: 用 rm}
      - {en: '`rm merged/a.txt`', zh: '`rm merged/a.txt`'}
solutions:
  - |
    cd merged
    rm a.txt
";

    fn fault(from: &str, to: &str) -> (usize, String) {
        assert!(SMALL.contains(from), "{from}");
        let found = check(&SMALL.replace(from, to)).expect_err("a fault");
        (found[0].line, found[0].reason.clone())
    }

    #[test]
    fn a_good_one_is_played_in_every_way() {
        let played = check(SMALL).expect("good");
        assert_eq!(played, Played { id: "x".into(), steps: 1, ways: 2, commands: 3 });
        assert_eq!(check(SMALL), Ok(played));
    }

    #[test]
    fn faults_are_named_with_their_line() {
        assert_eq!(
            fault("    rm a.txt\n", "    ls\n"),
            (19, "solution 1 does not reach it: gone (step 1)".into())
        );
        assert_eq!(
            fault("answer: rm merged/a.txt", "answer: ls"),
            (14, "`nothing` is the wrong choice and comes true".into())
        );
        assert_eq!(
            fault("check: absent merged/a.txt", "check: exists merged/a.txt"),
            (10, "the goals of step 1 are met before anything is typed".into())
        );
        assert_eq!(
            fault("    cd merged\n", "    frobnicate\n").1,
            "solution 1: `frobnicate`: bash: frobnicate: command not found"
        );
        assert_eq!(fault("    cd merged\n", "    cat\n").1, "solution 1: `cat`: waits for input");
        assert_eq!(
            fault("Remove `merged/a.txt`", "Remove `merged/b.txt`"),
            (10, "the text names `merged/b.txt`, which is never there".into())
        );
        assert_eq!(
            fault("      - {en: Use rm, zh: 用 rm}\n", "").1,
            "two or three `hints` are needed, there are 1"
        );
        assert_eq!(fault("[ls merged]", "[lss merged]").0, 10);
        assert_eq!(fault("zh: 甲", "zh: A").1, "`zh` text: no Chinese in it");
        assert_eq!(fault("workdir=work merged", "workdir=nothing merged").0, 10);
    }
}

//! A bar that tells how far a long run is: redrawn on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const WIDTH: usize = 24;

pub struct Bar {
    title: String,
    terminal: bool,
    started: Instant,
    /// Where this run began: what an earlier one did says nothing of the pace.
    first: Option<usize>,
    drawn: Instant,
    on_screen: bool,
}

impl Bar {
    pub fn new(title: String) -> Bar {
        let now = Instant::now();
        let terminal = std::io::stderr().is_terminal();
        Bar { title, terminal, started: now, first: None, drawn: now, on_screen: false }
    }

    /// `done` of `all`, and what else there is to say.
    pub fn show(&mut self, done: usize, all: usize, text: &str) {
        let first = *self.first.get_or_insert(done.saturating_sub(1));
        let pause = Duration::from_millis(if self.terminal { 100 } else { 20_000 });
        if self.drawn.elapsed() < pause {
            return;
        }
        self.drawn = Instant::now();
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let pace = (done - first) as f64 / seconds;
        let left = (all.saturating_sub(done)) as f64 / pace.max(0.001);
        let full = (WIDTH * done).checked_div(all).unwrap_or(WIDTH).min(WIDTH);
        let percent = (100 * done).checked_div(all).unwrap_or(100);
        let line = format!(
            "{} [{}{}] {percent:3} % {}/{} {text}{}{}",
            self.title,
            "#".repeat(full),
            "-".repeat(WIDTH - full),
            thousands(done),
            thousands(all),
            if text.is_empty() { "" } else { ", " },
            clock(left),
        );
        let mut err = std::io::stderr().lock();
        let res = match self.terminal {
            true => write!(err, "\r{line}\x1b[K").and_then(|()| err.flush()),
            false => writeln!(err, "{line}"),
        };
        self.on_screen = res.is_ok();
    }

    /// Takes the bar off the screen.
    pub fn clear(&mut self) {
        if self.terminal && self.on_screen {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\x1b[K").and_then(|()| err.flush());
            self.on_screen = false;
        }
    }
}

/// How long it will still take.
fn clock(seconds: f64) -> String {
    let seconds = seconds.min(3.6e8) as u64;
    format!("{}:{:02}:{:02} left", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `1,234,567`.
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

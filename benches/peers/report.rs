//! The page of results: each figure with its goal and whether it holds, and one sentence at the end.

use crate::rows::Goal;

/// Figures by name, and which goals were missed.
#[derive(Default)]
pub struct Report {
    rows: Vec<(&'static str, f64)>,
    held: usize,
    missed: Vec<String>,
    unknown: usize,
}

impl Report {
    fn judge(&mut self, name: &str, holds: Option<bool>) -> &'static str {
        match holds {
            Some(true) => self.held += 1,
            Some(false) => self.missed.push(name.trim().to_string()),
            None => self.unknown += 1,
        }
        match holds {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "?",
        }
    }

    /// A figure in nanoseconds, beside the kernel's if there is one.
    pub fn row(&mut self, name: &'static str, ours: f64, kernel: Option<f64>, goal: Goal) {
        self.rows.push((name, ours));
        let ratio = kernel.map(|it| it / ours);
        let (text, holds) = match goal {
            Goal::None => (String::new(), None),
            Goal::Kernel(times) => (format!(">= {times}x"), Some(ratio.map(|it| it >= times))),
            Goal::Nanos(most) => (format!("<= {most} ns"), Some(Some(ours <= most))),
            Goal::Row(other, times) => {
                let known = self.rows.iter().find(|it| it.0 == other).map(|it| it.1);
                (format!("<= {times}x {other}"), Some(known.map(|it| ours <= it * times)))
            }
        };
        let holds = holds.map_or("", |holds| self.judge(name, holds));
        let kernel = kernel.map_or("-".into(), |it| format!("{it:.0}"));
        let ratio = ratio.map_or("-".into(), |it| format!("{it:.1}x"));
        println!("  {name:<42} {ours:>10.0} {kernel:>12} {ratio:>8}  {text:<38} {holds}");
    }

    /// A figure of another kind, which may be at most `most`.
    pub fn figure(&mut self, name: &str, value: Option<f64>, unit: &str, most: Option<f64>) {
        let text = most.map_or(String::new(), |most| format!("<= {most} {unit}"));
        let holds = most.map_or("", |most| self.judge(name, value.map(|it| it <= most)));
        let value = value.map_or("-".into(), |it| format!("{it:.2}"));
        println!("  {name:<64} {value:>8} {unit:<5} {text:<14} {holds}");
    }

    /// Says how it went; true if no goal was missed.
    pub fn end(self) -> bool {
        let all = self.held + self.missed.len() + self.unknown;
        println!();
        if self.unknown > 0 {
            println!("{} goals could not be measured here (see above).", self.unknown);
        }
        if self.missed.is_empty() {
            println!("{} of {all} goals hold.", self.held);
        } else {
            let missed = self.missed.join("; ");
            println!("{} of {all} goals hold. Missed: {missed}.", self.held);
        }
        self.missed.is_empty()
    }
}

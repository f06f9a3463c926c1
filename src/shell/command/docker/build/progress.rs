//! The plain progress of BuildKit's client: numbered vertices, a line with its number before
//! everything. It goes to standard error.

use super::options::Show;
use crate::shell::command::ctx::Ctx;
use crate::types::Timespec;

/// Lines of output that a failure shows again.
const LOG_MAX: usize = 10;

#[derive(Clone, Debug)]
pub struct Progress {
    show: Show,
    number: usize,
    /// The present vertex: its name and when it began.
    pub name: String,
    began: Timespec,
    /// Output that has no end of line yet.
    partial: Vec<u8>,
    log: Vec<String>,
}

/// Seconds between two times.
fn seconds(from: Timespec, to: Timespec) -> f64 {
    let nanos = (to.sec - from.sec) * 1_000_000_000 + i64::from(to.nsec) - i64::from(from.nsec);
    nanos.max(0) as f64 / 1e9
}

impl Progress {
    pub fn new(show: Show) -> Progress {
        let (began, partial, log) = (Timespec::default(), Vec::new(), Vec::new());
        Progress { show, number: 0, name: String::new(), began, partial, log }
    }

    fn say(&self, ctx: &mut Ctx<'_>, text: &str) {
        if self.show != Show::Quiet {
            ctx.err(text);
        }
    }

    /// What comes before everything.
    pub fn head(&self, ctx: &mut Ctx<'_>) {
        self.say(ctx, "#0 building with \"default\" instance using docker driver\n\n");
    }

    pub fn begin(&mut self, ctx: &mut Ctx<'_>, name: &str) {
        self.number += 1;
        name.clone_into(&mut self.name);
        self.began = ctx.sys.clock();
        self.partial.clear();
        self.log.clear();
        self.say(ctx, &format!("#{} {name}\n", self.number));
    }

    /// A line of the present vertex.
    pub fn line(&self, ctx: &mut Ctx<'_>, text: &str) {
        self.say(ctx, &format!("#{} {text}\n", self.number));
    }

    fn age(&self, ctx: &mut Ctx<'_>) -> f64 {
        let now = ctx.sys.clock();
        seconds(self.began, now)
    }

    /// Something that is done at once, with the time that it took.
    pub fn did(&self, ctx: &mut Ctx<'_>, text: &str, since: Timespec) {
        let now = ctx.sys.clock();
        let took = seconds(since, now);
        let took = if took < 0.05 { String::new() } else { format!(" {took:.1}s") };
        self.line(ctx, &format!("{text}{took} done"));
    }

    pub fn done(&mut self, ctx: &mut Ctx<'_>) {
        let took = self.age(ctx);
        self.line(ctx, &format!("DONE {took:.1}s\n"));
    }

    pub fn cached(&mut self, ctx: &mut Ctx<'_>) {
        self.line(ctx, "CACHED\n");
    }

    /// Output of a command.
    pub fn output(&mut self, ctx: &mut Ctx<'_>, bytes: &[u8]) {
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|&b| b == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            self.log_line(ctx, &line[..end]);
        }
    }

    fn log_line(&mut self, ctx: &mut Ctx<'_>, line: &[u8]) {
        let took = self.age(ctx);
        let line = String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
        let line = format!("{took:.3} {line}");
        self.line(ctx, &line);
        self.log.push(line);
        if self.log.len() > LOG_MAX {
            self.log.remove(0);
        }
    }

    /// The rest of a command's output.
    pub fn flush(&mut self, ctx: &mut Ctx<'_>) {
        if !self.partial.is_empty() {
            let line = std::mem::take(&mut self.partial);
            self.log_line(ctx, &line);
        }
    }

    /// The present vertex has failed: what is shown of it.
    pub fn failed(&mut self, ctx: &mut Ctx<'_>, why: &str) {
        self.line(ctx, &format!("ERROR: {why}"));
        let mut text = format!("------\n > {}:\n", self.name);
        for line in &self.log {
            text += line;
            text.push('\n');
        }
        // Quiet builds show what went wrong all the same.
        ctx.err(text + "------\n");
    }
}

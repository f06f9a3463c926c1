//! `docker events`: what the daemon remembers having done, and what it does from now on.

use super::Next;
use super::args::Args;
use super::cli::{Done, Fail};
use super::format;
use super::json::{Json, map, text};
use super::when::{self, Between, Moment};
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::once::Drain;
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};
use crate::types::Timespec;

/// What `--filter` knows.
const FILTERS: [&str; 8] =
    ["container", "daemon", "event", "image", "label", "network", "type", "volume"];

pub fn events(ctx: &mut Ctx<'_>, _: &Engine, args: &Args) -> Done {
    let format = args.value("format").map(str::to_owned);
    if let Some(format) = format.as_deref().filter(|it| *it != "json") {
        // Tried on an event that says nothing.
        let empty = Event(Json::Map(Vec::new())).object();
        let tried = format::check(format).and_then(|()| shown(format, &empty).map(|_| ()));
        tried.map_err(|fail| {
            Fail::Status(fail.line().replace("template parsing error", "Error parsing format"), 64)
        })?;
    }
    let mut filters = Vec::new();
    for filter in args.values("filter") {
        let (key, value) = super::images::filter(&filter)?;
        filters.push((key.to_owned(), value.to_owned()));
    }
    let between = Between::of(args, ctx.sys.clock()).map_err(|(_, why)| Fail::Client(why))?;
    if let Some((key, _)) = filters.iter().find(|(key, _)| !FILTERS.contains(&key.as_str())) {
        return Err(Fail::Daemon(format!("invalid filter '{key}'")));
    }
    let drain = Drain::default();
    Ok(Next::Then(Box::new(Watch { next: None, between, filters, format, drain })))
}

/// A template for an event.
fn shown(format: &str, event: &Json) -> Result<String, Fail> {
    format::apply_typed(format, event, "*events.Message")
}

/// An event with what is asked of it.
struct Event(Json);

impl Event {
    fn word(&self, path: &[&str]) -> &str {
        let found = path.iter().try_fold(&self.0, |at, key| at.get(key));
        match found {
            Some(Json::Text(text)) => text,
            _ => "",
        }
    }

    fn nanos(&self) -> i64 {
        match self.0.get("timeNano") {
            Some(Json::Int(n)) => *n,
            _ => 0,
        }
    }

    fn time(&self) -> Moment {
        let nanos = self.nanos();
        (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000) as u32)
    }

    fn attribute(&self, key: &str) -> Option<&str> {
        match self.0.get("Actor")?.get("Attributes")?.get(key)? {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    fn meets(&self, key: &str, value: &str) -> bool {
        let (kind, action) = (self.word(&["Type"]), self.word(&["Action"]));
        let named = || {
            let id = self.word(&["Actor", "ID"]);
            id == value || self.attribute("name") == Some(value)
        };
        match key {
            "type" => kind == value,
            // What is done in a container follows after a colon.
            "event" => action.split(':').next() == Some(value) || action == value,
            "label" => {
                let (key, want) =
                    value.split_once('=').map_or((value, None), |it| (it.0, Some(it.1)));
                self.attribute(key).is_some_and(|it| want.is_none_or(|want| it == want))
            }
            "image" => {
                let of = if kind == "image" { "name" } else { "image" };
                let bare = |name: &str| name.rsplit_once(':').map_or(name, |it| it.0).to_owned();
                let name = self.attribute(of).unwrap_or_default();
                let id = if kind == "image" { self.word(&["Actor", "ID"]) } else { "" };
                [name, id].iter().any(|it| !it.is_empty() && (*it == value || bare(it) == value))
            }
            // By the beginning of its identifier too.
            "container" if kind == "container" => {
                named() || (!value.is_empty() && self.word(&["Actor", "ID"]).starts_with(value))
            }
            _ => kind == key && named(),
        }
    }

    /// One filter of each kind has to be met.
    fn passes(&self, filters: &[(String, String)]) -> bool {
        filters.iter().all(|(key, _)| {
            let mut same = filters.iter().filter(|it| it.0 == *key);
            // All labels, but any of the others.
            match key.as_str() {
                "label" => same.all(|(key, value)| self.meets(key, value)),
                _ => same.any(|(key, value)| self.meets(key, value)),
            }
        })
    }

    fn line(&self) -> String {
        let mut line = when::exactly(self.time());
        for word in [self.word(&["Type"]), self.word(&["Action"]), self.word(&["Actor", "ID"])] {
            line += &format!(" {word}");
        }
        if let Some(Json::Map(pairs)) = self.0.get("Actor").and_then(|it| it.get("Attributes"))
            && !pairs.is_empty()
        {
            let pairs = pairs.iter().map(|(key, value)| format!("{key}={value}"));
            line += &format!(" ({})", pairs.collect::<Vec<_>>().join(", "));
        }
        line
    }

    /// With the names that a template uses.
    fn object(&self) -> Json {
        let none = || map(vec![("ID", text("")), ("Attributes", Json::Map(Vec::new()))]);
        let actor = self.0.get("Actor").cloned().unwrap_or_else(none);
        map(vec![
            ("Status", text(self.word(&["status"]))),
            ("ID", text(self.word(&["id"]))),
            ("From", text(self.word(&["from"]))),
            ("Type", text(self.word(&["Type"]))),
            ("Action", text(self.word(&["Action"]))),
            ("Actor", actor),
            ("Scope", text("local")),
            ("Time", Json::Int(self.time().0)),
            ("TimeNano", Json::Int(self.nanos())),
        ])
    }
}

/// Tells what is remembered, and then what is new, until it is to end.
#[derive(Clone)]
struct Watch {
    /// The line of the daemon's memory that comes next; nothing before the first look.
    next: Option<usize>,
    between: Between,
    filters: Vec<(String, String)>,
    format: Option<String>,
    drain: Drain,
}

impl Watch {
    /// What is said of an event.
    fn say(&mut self, line: &[u8]) -> Result<(), i32> {
        let event = Event(Json::parse(&String::from_utf8_lossy(line)));
        if !self.between.has(event.time()) || !event.passes(&self.filters) {
            return Ok(());
        }
        let said = match self.format.as_deref() {
            None => event.line(),
            Some("json") => event.0.escaped(),
            Some(format) => match shown(format, &event.object()) {
                Ok(said) => said,
                Err(fail) => {
                    self.drain.push(2, (fail.line() + "\n").into_bytes());
                    return Err(64);
                }
            },
        };
        self.drain.push(1, (said + "\n").into_bytes());
        Ok(())
    }
}

impl Program for Watch {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        loop {
            if let Some(poll) = self.drain.poll(os, "docker") {
                return poll;
            }
            // What was before is told only to who asks for a time.
            let from = match (self.next, self.between.since, self.between.until) {
                (Some(next), ..) => next,
                (None, None, None) => usize::MAX,
                (None, ..) => 0,
            };
            let (lines, next) = os.kernel.services.remembered(from);
            let lines = lines.to_vec();
            self.next = Some(next);
            for line in &lines {
                if let Err(status) = self.say(line) {
                    let _ = self.drain.poll(os, "docker");
                    return Poll::Exit(status);
                }
            }
            if !self.drain.is_empty() {
                continue;
            }
            let now = os.kernel.clock.now();
            let Some((sec, nsec)) = self.between.until else { return Poll::Blocked };
            let until = Timespec::new(sec, nsec);
            if now >= until {
                return Poll::Exit(0);
            }
            if let Some(task) = os.tasks.map.get_mut(&os.pid) {
                task.wake = Some(until);
            }
            return Poll::Blocked;
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

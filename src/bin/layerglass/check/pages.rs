//! Pages of documentation: finds what they embed, and runs it.
//!
//! An embed is a fenced block marked `overlay` or `layer-glass`, a directive or shortcode of that name, or an element
//! `<layer-glass>` outside of fenced blocks and comments. Its commands must exist and succeed; one that shall fail says so with a
//! comment that begins with `fails`.

use super::builtin;
use super::embeds::{self, Embed};
use layerglass::port::{Ask, FromMachine, Server, Tell, ToMachine, lines};
use layerglass::scenario::{self, check::Problem};
use layerglass::share::{self, Start};
use std::path::Path;

/// Attributes of the element.
const ATTRIBUTES: &[&str] = &[
    "scenario", "src", "state", "view", "controls", "readonly", "at", "path", "autoplay", "speed",
    "start", "lang", "theme", "height", "density", "poster", "attach", "id", "class", "style",
    "title",
];
const VIEWS: &[&str] = &[
    "matrix", "stack", "files", "table", "graph", "images", "terminal", "lesson", "trace",
    "inspect", "diff",
];

/// Attributes that take one of a few words.
const WORDS: &[(&str, &[&str])] = &[
    ("controls", &["full", "step", "none"]),
    ("start", &["visible", "click", "eager"]),
    ("theme", &["light", "dark", "auto"]),
    ("density", &["compact"]),
    ("attach", &["prev"]),
];

/// Whether the file is a page and no scenario.
pub fn is_page(path: &Path) -> bool {
    let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    ["md", "mdx", "markdown", "html", "htm", "rst"].contains(&ending.to_ascii_lowercase().as_str())
}

/// Checks all that a page embeds; how many there are. `dir`: what `src` is relative to.
pub fn check(text: &str, dir: &Path) -> Result<usize, Vec<Problem>> {
    let embeds = embeds::find(text);
    let mut problems: Vec<Problem> = embeds.iter().flat_map(|it| of_embed(it, dir)).collect();
    problems.sort();
    if problems.is_empty() { Ok(embeds.len()) } else { Err(problems) }
}

fn of_embed(embed: &Embed, dir: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut fault = |reason: String| problems.push(Problem { line: embed.line, reason });
    let (mut text, mut past) = (scenario::BLANK.to_owned(), None);
    for (name, value) in &embed.attributes {
        let is_known = ATTRIBUTES.contains(&name.as_str())
            || name.starts_with("data-")
            || name.starts_with("aria-");
        let words = WORDS.iter().find(|it| it.0 == name).map_or(&[][..], |it| it.1);
        if !words.is_empty() && !words.contains(&value.as_str()) {
            fault(format!("no {name} `{value}`; there are {}", words.join(", ")));
        }
        match name.as_str() {
            "view" => {
                let odd = value.split(',').map(str::trim).find(|it| !VIEWS.contains(it));
                odd.into_iter().for_each(|it| {
                    fault(format!("no view `{it}`; there are {}", VIEWS.join(", ")))
                });
            }
            "scenario" => match builtin::text(value) {
                Ok(found) => text = found.to_owned(),
                Err(why) => fault(why),
            },
            "state" => match share::open(value) {
                Ok(shared) => {
                    match shared.start {
                        Start::Inline(inline) => text = inline,
                        Start::Lab(id) => match builtin::text(&id) {
                            Ok(found) => text = found.to_owned(),
                            Err(why) => fault(why),
                        },
                        Start::Blank => {}
                    }
                    past = Some(shared.past);
                }
                Err(why) => fault(why.to_string()),
            },
            "src" if !value.contains("://") => match std::fs::read_to_string(dir.join(value)) {
                Ok(found) if found.lines().any(|it| it.starts_with("layerglass:")) => text = found,
                Ok(_) => {}
                Err(why) => fault(format!("src `{value}`: {why}")),
            },
            _ if !is_known => fault(format!("<layer-glass> has no attribute `{name}`")),
            _ => {}
        }
    }
    if let Err(why) = scenario::parse(&text) {
        fault(format!("the scenario, line {why}"));
        return problems;
    }
    // What begins with a lesson of the lab is played there, by its own check.
    if past.is_none() {
        problems.extend(play(&text, embed.body.0, &embed.body.1));
    }
    problems
}

/// Runs commands that stand in a page from line `first` on.
fn play(scenario: &str, first: usize, body: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut server = Server::new();
    ask(&mut server, Ask::Load { scenario: scenario.to_owned() });
    let plain: Vec<&str> = body.lines().map(str::trim_start).collect();
    let mut from = 0;
    let plain: Vec<&str> = plain.iter().map(|it| it.strip_prefix("$ ").unwrap_or(it)).collect();
    for line in lines::commands(&plain.join("\n")) {
        let height = line.lines().count();
        let at =
            (from..plain.len()).find(|at| line.starts_with(plain[*at]) && !plain[*at].is_empty());
        let at = at.unwrap_or(from);
        from = at + height;
        let may_fail =
            line.split_once('#').is_some_and(|it| it.1.trim_start().starts_with("fails"));
        let told = ask(&mut server, Ask::Run { line: line.clone() });
        let status = told.iter().find_map(|it| match &it.tell {
            Tell::Done { step } => Some(step.status),
            _ => None,
        });
        let said: String = told
            .iter()
            .filter_map(|it| match &it.tell {
                Tell::Output { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let first_line = said.lines().last().unwrap_or_default();
        match status {
            Some(0) if may_fail => problems.push(Problem { line: first + at, reason: format!("`{line}` succeeds, and is said to fail") }),
            Some(0) | None => {}
            Some(127) => problems.push(Problem { line: first + at, reason: format!("`{line}`: {first_line}") }),
            Some(_) if may_fail => {}
            Some(status) => problems.push(Problem { line: first + at, reason: format!("`{line}` ends with {status}: {first_line} (if it shall, write `# fails` behind it)") }),
        }
    }
    problems
}

fn ask(server: &mut Server, ask: Ask) -> Vec<FromMachine> {
    server.ask(ToMachine { id: 1, ask });
    let mut all = Vec::new();
    loop {
        let (tells, more) = server.pump();
        let waits =
            tells.iter().any(|it| matches!(it.tell, Tell::Waiting { .. } | Tell::Edit { .. }));
        all.extend(tells);
        if waits {
            server.ask(ToMachine { id: 2, ask: Ask::Interrupt });
        } else if !more {
            return all;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A\n\n```overlay\nmkdir a\nrm b\n```\n\n```md\n<layer-glass view=\"x\">\n```\n<!-- <layer-glass y> -->\n\
        Write `<layer-glass>` and\n\n<layer-glass view=\"stack, nope\"\n  height=320 readonly>\n  mkdir c\n\n  frob &amp;&amp; ls\n  rmdir nowhere # fails: it is not there\n</layer-glass>\n\
        <layer-glass scenario=\"lab\"/>\n<layer-glass state=\"v9:x\"></layer-glass>\n";

    #[test]
    fn problems_stand_at_their_lines() {
        let found = check(PAGE, Path::new(".")).expect_err("there are some");
        let found: Vec<String> =
            found.iter().map(|it| format!("{} {}", it.line, it.reason)).collect();
        assert_eq!(found.len(), 4, "{found:#?}");
        assert!(found[0].starts_with("5 `rm b` ends with 1: rm: cannot remove 'b'"), "{found:#?}");
        assert!(found[1].starts_with("14 no view `nope`"), "{found:#?}");
        assert!(found[2].starts_with("18 `frob && ls`: "), "{found:#?}");
        assert!(found[3].starts_with("22 the link is of version v9"), "{found:#?}");
    }

    #[test]
    fn other_forms_are_found() {
        let page = "{{< layer-glass view=\"stack\" scenario=\"whitout\" />}}\n\n```console\n$ frob\n```\n\n<layer-glass attach=\"prev\"></layer-glass>\n\n\
            .. layer-glass::\n   :controls: all\n\n   mkdir a\n   rmdir b\n\nText\n\n```{layer-glass}\n:view: stak\nmkdir c\n```\n\n```layer-glass start=now\nfalse # fails\n```\n\
            <layer-glass state=\"lab=nowhere&run=ls\"></layer-glass>\n";
        let found = check(page, Path::new(".")).expect_err("there are some");
        let found: Vec<String> =
            found.iter().map(|it| format!("{} {}", it.line, it.reason)).collect();
        let begin = [
            "1 no built-in scenario `whitout`; there are intro, lab, one-view",
            "4 `frob`: ",
            "9 no controls `all`; there are full, step, none",
            "13 `rmdir b` ends with 1",
            "17 no view `stak`",
            "22 no start `now`",
            "25 no built-in scenario `nowhere`",
        ];
        assert_eq!(found.len(), begin.len(), "{found:#?}");
        for (found, begin) in found.iter().zip(begin) {
            assert!(found.starts_with(begin), "{found} instead of {begin}");
        }
    }

    #[test]
    fn a_built_in_scenario_is_what_the_commands_run_in() {
        let page = "<layer-glass scenario=\"lab\">\n  cat lower/in_lower.txt\n</layer-glass>\n";
        assert_eq!(check(page, Path::new(".")), Ok(1));
    }

    #[test]
    fn what_is_right_passes() {
        let page = "~~~layer-glass\n$ mkdir a\n$ for i in 1 2; do\n$   touch a/$i\n$ done\n~~~\n<layer-glass>mkdir b</layer-glass>\n";
        assert_eq!(check(page, Path::new(".")), Ok(2));
    }
}

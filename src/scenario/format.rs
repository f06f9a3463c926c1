//! From the text of a scenario file to a [`Scenario`].

use super::yaml::{self, Data, Value};
use super::{
    Choice, Goal, HostEntry, LessonStep, Predict, Said, Scenario, ScenarioError, Way, goal,
};

use crate::machine::profile;

type Result<T> = std::result::Result<T, ScenarioError>;

/// Bytes of a scenario file (a shared link carries no more than that either).
pub const FILE_MAX: usize = 256 * 1024;

/// Keys of the file, in the order that authors write them.
pub const KEYS: &[&str] = &[
    "layerglass",
    "id",
    "title",
    "summary",
    "kernel",
    "dir",
    "host",
    "setup",
    "focus",
    "steps",
    "closing",
    "solutions",
];
/// Keys of a step.
pub const STEP_KEYS: &[&str] = &["say", "predict", "suggest", "answer", "goals", "hints"];

/// Reads a scenario.
///
/// # Errors
/// With the line of the first thing that is wrong.
pub fn parse(text: &str) -> Result<Scenario> {
    if text.len() > FILE_MAX {
        return Err(ScenarioError::new(1, format!("longer than {FILE_MAX} bytes")));
    }
    let doc = yaml::parse(text)?;
    only(&doc, KEYS)?;
    let version = need(&doc, "layerglass")?;
    if version.text("layerglass")? != "1" {
        return Err(ScenarioError::new(version.line, "this program reads format version 1"));
    }
    let kernel = text_or(&doc, "kernel", "6.18")?;
    if profile::by_name(&kernel).is_none() {
        let line = doc.key("kernel").map_or(1, |it| it.line);
        return Err(ScenarioError::new(line, format!("unknown kernel profile `{kernel}`")));
    }
    Ok(Scenario {
        id: need(&doc, "id")?.text("id")?.to_owned(),
        title: said(need(&doc, "title")?, "title")?,
        summary: doc.key("summary").map(|it| said(it, "summary")).transpose()?.unwrap_or_default(),
        kernel,
        dir: text_or(&doc, "dir", "/lab")?,
        host: doc.key("host").map(host).transpose()?.unwrap_or_default(),
        setup: text_or(&doc, "setup", "")?,
        focus: doc.key("focus").map(|it| it.text("focus").map(str::to_owned)).transpose()?,
        steps: items(&doc, "steps")?.iter().map(step).collect::<Result<_>>()?,
        closing: doc.key("closing").map(|it| said(it, "closing")).transpose()?,
        solutions: items(&doc, "solutions")?.iter().map(way).collect::<Result<_>>()?,
    })
}

fn way(value: &Value) -> Result<Way> {
    Ok(Way { line: value.line, script: value.text("solutions")?.to_owned() })
}

fn step(value: &Value) -> Result<LessonStep> {
    only(value, STEP_KEYS)?;
    let goals = items(value, "goals")?.iter().map(goal_of).collect::<Result<Vec<_>>>()?;
    let answer = text_or(value, "answer", "")?;
    if goals.is_empty() {
        return Err(ScenarioError::new(value.line, "a step needs `goals`"));
    }
    if answer.trim().is_empty() {
        return Err(ScenarioError::new(value.line, "a step with goals needs an `answer`"));
    }
    Ok(LessonStep {
        line: value.line,
        say: said(need(value, "say")?, "say")?,
        predict: value.key("predict").map(predict).transpose()?,
        suggest: items(value, "suggest")?
            .iter()
            .map(|it| it.text("suggest").map(str::to_owned))
            .collect::<Result<_>>()?,
        goals,
        hints: items(value, "hints")?.iter().map(|it| said(it, "hints")).collect::<Result<_>>()?,
        answer,
    })
}

fn predict(value: &Value) -> Result<Predict> {
    only(value, &["ask", "choices"])?;
    let choices = items(value, "choices")?.iter().map(choice).collect::<Result<Vec<_>>>()?;
    if choices.len() < 2 || choices.iter().filter(|it| it.right).count() != 1 {
        let why = "`predict` needs two or more `choices`, one of them with `right: yes`";
        return Err(ScenarioError::new(value.line, why));
    }
    Ok(Predict { line: value.line, ask: said(need(value, "ask")?, "ask")?, choices })
}

fn choice(value: &Value) -> Result<Choice> {
    only(value, &["en", "zh", "right", "check"])?;
    let right = match value.key("right").map(|it| it.text("right")).transpose()? {
        None | Some("no") => false,
        Some("yes") => true,
        Some(odd) => {
            let why = format!("`right` is yes or no, not `{odd}`");
            return Err(ScenarioError::new(value.line, why));
        }
    };
    let check = match value.key("check") {
        None => None,
        Some(it) => {
            let read = goal::predicate(it.text("check")?);
            Some(read.map_err(|why| ScenarioError::new(it.line, why))?)
        }
    };
    Ok(Choice { text: said(value, "choices")?, right, check, line: value.line })
}

fn goal_of(value: &Value) -> Result<Goal> {
    only(value, &["check", "en", "zh"])?;
    let check = need(value, "check")?;
    let text = check.text("check")?;
    let predicate = goal::predicate(text).map_err(|why| ScenarioError::new(check.line, why))?;
    Ok(Goal { check: predicate, label: said(value, "goals")?, line: value.line })
}

/// Both languages, or it is not finished.
fn said(value: &Value, what: &str) -> Result<Said> {
    let one = |key: &str| -> Result<String> {
        let missing = || ScenarioError::new(value.line, format!("`{what}` lacks its `{key}` text"));
        let text = value.key(key).ok_or_else(missing)?.text(key)?.trim_end();
        if text.trim().is_empty() { Err(missing()) } else { Ok(text.to_owned()) }
    };
    Ok(Said { en: one("en")?, zh: one("zh")? })
}

/// `path [mode] : content` lines; a path with a slash at the end is a directory. Several
/// directories may share a line.
fn host(value: &Value) -> Result<Vec<HostEntry>> {
    let mut out = Vec::new();
    for (i, line) in value.text("host")?.lines().enumerate() {
        let number = value.line + 1 + i;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once(" : ").or_else(|| line.strip_suffix(" :").map(|path| (path, ""))) {
            Some((path, content)) => out.push(host_file(number, path.trim(), content.trim())?),
            None => {
                for word in line.split_whitespace() {
                    let Some(path) = word.strip_suffix('/') else {
                        let why =
                            format!("`{word}`: a directory ends with /, a file has ` : text`");
                        return Err(ScenarioError::new(number, why));
                    };
                    out.push(HostEntry { path: path.to_owned(), content: None, mode: None });
                }
            }
        }
    }
    Ok(out)
}

fn host_file(line: usize, head: &str, content: &str) -> Result<HostEntry> {
    let mut words = head.split_whitespace();
    let path = words.next().unwrap_or_default().to_owned();
    let mode = match words.next() {
        None => None,
        Some(mode) => Some(
            u32::from_str_radix(mode, 8)
                .map_err(|_| ScenarioError::new(line, format!("`{mode}` is not an octal mode")))?,
        ),
    };
    if path.is_empty() || path.ends_with('/') || words.next().is_some() {
        return Err(ScenarioError::new(line, "expected `path [mode] : text`"));
    }
    let text = content.replace("\\n", "\n");
    let content = if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" };
    Ok(HostEntry { path, content: Some(content), mode })
}

fn need<'a>(value: &'a Value, key: &str) -> Result<&'a Value> {
    value.key(key).ok_or_else(|| ScenarioError::new(value.line, format!("`{key}` is missing")))
}

fn text_or(value: &Value, key: &str, default: &str) -> Result<String> {
    Ok(value.key(key).map(|it| it.text(key)).transpose()?.unwrap_or(default).to_owned())
}

fn items<'a>(value: &'a Value, key: &str) -> Result<&'a [Value]> {
    Ok(value.key(key).map(|it| it.list(key)).transpose()?.unwrap_or_default())
}

fn only(value: &Value, keys: &[&str]) -> Result<()> {
    let Data::Map(entries) = &value.data else {
        return Err(ScenarioError::new(value.line, "expected `key: value` lines"));
    };
    match entries.iter().find(|(key, _)| !keys.contains(&key.as_str())) {
        Some((key, at)) => Err(ScenarioError::new(at.line, format!("unknown key `{key}`"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "layerglass: 1\nid: x\ntitle: {en: A, zh: 甲}\nhost: |\n  lower/ upper/\n  lower/a 0600 : hi\nsteps:\n  - say: {en: Do, zh: 做}\n    answer: rm a\n    goals:\n      - {check: absent a, en: gone, zh: 没了}\n";

    #[test]
    fn reads_a_small_one() {
        let it = parse(SMALL).unwrap();
        assert_eq!(it.host.len(), 3);
        assert_eq!(it.host[2].content.as_deref(), Some("hi\n"));
        assert_eq!(it.host[2].mode, Some(0o600));
        assert_eq!(it.steps[0].goals[0].label.zh, "没了");
    }

    #[test]
    fn refuses_with_a_line() {
        let check = |from: &str, to: &str| parse(&SMALL.replace(from, to)).unwrap_err();
        assert_eq!(check("layerglass: 1", "layerglass: 2").line, 1);
        assert_eq!(check("absent a,", "absint a,").line, 11);
        assert_eq!(check(", zh: 甲", "").reason, "`title` lacks its `zh` text");
        assert_eq!(check("0600", "0z").line, 6);
        assert_eq!(check("    answer: rm a\n", "").line, 8);
        assert_eq!(check("zh: 没了", "zh: \"\"").reason, "`goals` lacks its `zh` text");
        let goals = "    goals:\n      - {check: absent a, en: gone, zh: 没了}\n";
        assert_eq!(check(goals, "").reason, "a step needs `goals`");
    }

    #[test]
    fn a_prediction_has_one_right_answer() {
        let with = |choices: &str| {
            let ask = "    predict:\n      ask: {en: What?, zh: 什么？}\n      choices:\n";
            parse(&SMALL.replace("    answer", &format!("{ask}{choices}    answer")))
        };
        let yes = "        - {en: yes, zh: 是, right: yes, check: absent a}\n";
        let no = "        - {en: no, zh: 否, check: exists a}\n";
        let it = with(&format!("{yes}{no}")).unwrap();
        let predict = it.steps[0].predict.as_ref().unwrap();
        assert_eq!(predict.choices.iter().map(|it| it.right).collect::<Vec<_>>(), [true, false]);
        assert_eq!(predict.choices[1].check, Some(goal::Predicate::Exists("a".into())));
        assert!(with(no).is_err());
        assert!(with(&format!("{yes}{yes}")).is_err());
    }
}

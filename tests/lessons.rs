//! The lessons: what each owes its readers, the schema of their format, and the same commands on the
//! real kernel.
//!
//! Every way through a lesson runs as a script in real bash on a real overlay and in the machine, in
//! an empty `/lab` (tmpfs) of both worlds. Output must be equal but for dates and temporary names,
//! and after each answer the goals must hold there too. Commands that only the machine has
//! do nothing in either world.

#[path = "live/ground.rs"]
mod ground;
#[path = "live/worlds.rs"]
mod worlds;

use layerglass::scenario::yaml::{self, Data};
use layerglass::scenario::{Predicate, Scenario, check, goal, parse, schema};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Done = Result<(), Failed>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// Scenario files below a folder, in order.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for path in std::fs::read_dir(dir).into_iter().flatten().flatten().map(|it| it.path()) {
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all.sort();
    all
}

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let mut trials = vec![
        Trial::test("track_a_has_six_lessons", || track("track-a", 6)),
        Trial::test("track_b_has_nine_lessons", || track("track-b", 9)),
        Trial::test("schema_is_the_one_in_docs", schema_in_docs),
        Trial::test("authors_page_names_everything", authors_page),
    ];
    let missing = ground::can_mount().err();
    if let Some(why) = &missing {
        println!("lessons are not played on the real kernel: {why}");
    }
    for path in files(&root().join("static/scenarios")) {
        let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        let text = read(&name);
        let (a, b, c) = (text.clone(), text.clone(), text);
        trials.push(Trial::test(format!("solved {name}"), move || solved(&a)));
        trials.push(Trial::test(format!("schema {name}"), move || fits_schema(&b)));
        // There is no engine of containers beside a test; what `docker` prints is compared elsewhere.
        if !uses_docker(&c) {
            trials.push(live(format!("kernel {name}"), c, missing.clone()));
        }
    }
    libtest_mimic::run(&args, trials).exit_code()
}

fn solved(text: &str) -> Done {
    match check::check(text) {
        Ok(played) if check::check(text).as_ref() == Ok(&played) => Ok(()),
        Ok(_) => Err("two plays differ".into()),
        Err(problems) => Err(format!("{problems:#?}").into()),
    }
}

fn ensure(good: bool, why: impl std::fmt::Display) -> Done {
    if good { Ok(()) } else { Err(why.to_string().into()) }
}

fn uses_docker(text: &str) -> bool {
    let engine = ["docker run", "docker build", "docker pull"];
    // Btrfs is compared in tests/btrfs.rs, where uuids and places are left out; a pool of ZFS or of the device mapper is only here.
    engine.iter().chain(&["mkfs.btrfs", "zpool create", "dmsetup"]).any(|it| text.contains(it))
}

/// Each in both languages (the reader sees to that), with questions, hints, ways and a rule.
fn track(folder: &str, lessons: usize) -> Done {
    let all = files(&root().join("static/scenarios").join(folder));
    ensure(all.len() == lessons, format!("{} lessons", all.len()))?;
    for (i, path) in all.iter().enumerate() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        ensure(name.starts_with(&format!("{:02}-", i + 1)), &name)?;
        let lesson = parse(&std::fs::read_to_string(path)?).map_err(|why| why.to_string())?;
        ensure((3..=7).contains(&lesson.steps.len()), format!("{name}: steps"))?;
        ensure(lesson.solutions.len() >= 2, format!("{name}: two solutions beside the answers"))?;
        let asks = lesson.steps.iter().filter(|it| it.predict.is_some()).count();
        ensure(asks >= 3, format!("{name}: {asks} predictions"))?;
        for predict in lesson.steps.iter().filter_map(|it| it.predict.as_ref()) {
            let checked = predict.choices.iter().all(|it| it.check.is_some());
            ensure(checked, format!("{name}:{}: an unchecked choice", predict.line))?;
        }
        let closing = lesson.closing.unwrap_or_default();
        ensure(closing.en.contains("The rule") && closing.zh.contains("规则"), &name)?;
    }
    Ok(())
}

fn schema_in_docs() -> Done {
    let want = format!("{:#}\n", schema::schema());
    let hint = "write it anew: layerglass check --schema > docs/scenario.schema.json";
    ensure(read("docs/scenario.schema.json") == want, hint)
}

fn authors_page() -> Done {
    let page = read("docs/SCENARIOS.md");
    for (form, _) in goal::FORMS {
        ensure(page.contains(&format!("`{form}`")), format!("docs/SCENARIOS.md lacks {form}"))?;
    }
    let keys = layerglass::scenario::format::KEYS.iter();
    for key in keys.chain(layerglass::scenario::format::STEP_KEYS) {
        ensure(page.contains(&format!("`{key}`")), format!("docs/SCENARIOS.md lacks {key}"))?;
    }
    // The example on the page is one that passes.
    let example = page.split("```yaml\n").nth(1).and_then(|it| it.split("```").next());
    solved(example.ok_or("no example")?)
}

/// A scenario file as the schema sees it.
fn as_json(value: &yaml::Value) -> Value {
    match &value.data {
        Data::Text(text) => json!(text),
        Data::List(items) => items.iter().map(as_json).collect(),
        Data::Map(entries) => {
            Value::Object(entries.iter().map(|(key, it)| (key.clone(), as_json(it))).collect())
        }
    }
}

fn fits_schema(text: &str) -> Done {
    let doc = as_json(&yaml::parse(text).map_err(|why| why.to_string())?);
    let schema = schema::schema();
    fits(&schema, &schema, &doc, "").map_err(Failed::from)?;
    // The validator below does refuse: a key that nobody knows.
    let mut odd = doc;
    odd["steps"][0]["odd"] = json!("x");
    ensure(fits(&schema, &schema, &odd, "").is_err(), "an unknown key passes the schema")
}

/// The part of JSON Schema that ours uses.
fn fits(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let target = root.pointer(name.trim_start_matches('#')).ok_or("a dangling $ref")?;
        return fits(root, target, value, at);
    }
    let want = |good: bool, what: &str| if good { Ok(()) } else { Err(format!("{at}: {what}")) };
    if let Some(only) = schema.get("const") {
        want(only == value, "const")?;
    }
    if let Some(some) = schema["enum"].as_array() {
        want(some.contains(value), "enum")?;
    }
    match schema["type"].as_str() {
        Some("string") => want(value.is_string(), "a string"),
        Some("array") => {
            let items = value.as_array().ok_or(format!("{at}: a list"))?;
            let least = schema["minItems"].as_u64().unwrap_or(0);
            let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
            want((least..=most).contains(&(items.len() as u64)), "number of items")?;
            let one = |(i, it)| fits(root, &schema["items"], it, &format!("{at}/{i}"));
            items.iter().enumerate().try_for_each(one)
        }
        Some("object") => {
            let entries = value.as_object().ok_or(format!("{at}: a map"))?;
            for key in schema["required"].as_array().into_iter().flatten() {
                let key = key.as_str().unwrap_or_default();
                want(entries.contains_key(key), &format!("{key} is missing"))?;
            }
            entries.iter().try_for_each(|(key, it)| {
                let known = schema["properties"].get(key);
                let known = known.ok_or(format!("{at}: {key} is not known"))?;
                fits(root, known, it, &format!("{at}/{key}"))
            })
        }
        _ => Ok(()),
    }
}

/// What only the machine has, and the log of a kernel that others use as well.
const OURS: &[&str] = &["trace", "explain", "layers", "fsck.overlay", "dmesg"];

fn live(name: String, text: String, missing: Option<String>) -> Trial {
    match missing {
        None => Trial::test(name, move || on_the_kernel(&text)),
        Some(why) => ground::absent(name, why),
    }
}

fn on_the_kernel(text: &str) -> Done {
    let lesson = parse(text).map_err(|why| why.to_string())?;
    let start = prepared(&lesson);
    let mut answers = start.clone();
    for step in &lesson.steps {
        answers += &step.answer;
        answers += "\n";
        // Nothing happened there if all of it is only ours.
        let ours = |line: &str| OURS.iter().any(|it| line.split(' ').next() == Some(it));
        let idle = step.answer.trim().lines().all(ours);
        for it in step.goals.iter().filter(|_| !idle) {
            if let Some(test) = as_bash(&it.check) {
                let line = it.line;
                answers += &format!(
                    "if {test}; then echo 'goal {line} holds'; else echo 'goal {line} FAILS'; fi\n"
                );
            }
        }
    }
    let want = compare("the answers", &answers.replace(&lesson.dir, "/lab"))?;
    ensure(!want.contains("FAILS"), format!("on the real kernel:\n{want}"))?;
    for (i, way) in lesson.solutions.iter().enumerate() {
        let script = format!("{start}{}", way.script).replace(&lesson.dir, "/lab");
        compare(&format!("solution {}", i + 1), &script)?;
    }
    Ok(())
}

/// Commands that make the files of a scenario and run its preparation.
fn prepared(lesson: &Scenario) -> String {
    let mut out: String = OURS.iter().map(|name| format!("{name}() {{ :; }}\n")).collect();
    for entry in &lesson.host {
        let path = &entry.path;
        match &entry.content {
            None => out += &format!("mkdir -p {path}\n"),
            Some(content) => {
                let quoted = content.replace('\'', "'\\''");
                out += &format!("mkdir -p \"$(dirname {path})\"; printf %s '{quoted}' > {path}\n");
                if let Some(mode) = entry.mode {
                    out += &format!("chmod {mode:o} {path}\n");
                }
            }
        }
    }
    out + &lesson.setup + "\n"
}

/// A goal about files as a test of bash; others are about what the learner did.
fn as_bash(goal: &Predicate) -> Option<String> {
    let at =
        |path: &str| if path.starts_with('/') { path.to_owned() } else { format!("/lab/{path}") };
    let zero = |path: &str| {
        format!("[ \"$(stat -c %F:%t:%T {} 2>&1)\" = 'character special file:0:0' ]", at(path))
    };
    let stat = |what: &str, path: &str| format!("\"$(stat -c {what} {} 2>&1)\"", at(path));
    Some(match goal {
        Predicate::Exists(path) => format!("[ -e {} ] && ! {}", at(path), zero(path)),
        Predicate::Absent(path) => format!("[ ! -e {0} ] && [ ! -L {0} ]", at(path)),
        Predicate::IsDir(path) => format!("[ -d {} ]", at(path)),
        Predicate::Whiteout(path) => zero(path),
        Predicate::Opaque(path) => {
            format!(
                "[ \"$(getfattr --absolute-names --only-values -n trusted.overlay.opaque {} 2>&1)\" = y ]",
                at(path)
            )
        }
        Predicate::Content(path, text) => {
            format!("[ \"$(cat {})\" = \"$(printf %s '{text}')\" ]", at(path))
        }
        Predicate::Has(path, text) => format!("grep -qF '{text}' {}", at(path)),
        Predicate::Prints(line, text) => {
            format!("[ \"$(cd /lab; {line})\" = \"$(printf %s '{text}')\" ]")
        }
        Predicate::PrintsPart(line, text) => format!("(cd /lab; {line}) | grep -qF '{text}'"),
        Predicate::Mounted(path) => format!("grep -q ' {} overlay ' /proc/mounts", at(path)),
        Predicate::Unmounted(path) => format!("! grep -q ' {} overlay ' /proc/mounts", at(path)),
        Predicate::ReadOnly(path) => format!("grep -q ' {} overlay ro,' /proc/mounts", at(path)),
        Predicate::Same(a, b) => format!("[ {} -ef {} ]", at(a), at(b)),
        Predicate::Differ(a, b) => format!("[ {} != {} ]", stat("%i", a), stat("%i", b)),
        Predicate::Size(path, compare, n) => {
            let sign = match compare {
                goal::Compare::AtLeast => "-ge",
                goal::Compare::AtMost => "-le",
                goal::Compare::Exactly => "-eq",
            };
            format!("[ {} {sign} {n} ]", stat("%s", path))
        }
        Predicate::Mode(path, bits) => format!("[ {} = {bits:o} ]", stat("%a", path)),
        Predicate::Links(path, n) => format!("[ {} = {n} ]", stat("%h", path)),
        Predicate::Entries(path, n) => format!("[ \"$(ls -A {} | wc -l)\" = {n} ]", at(path)),
        Predicate::Not(goal) => format!("! {{ {}; }}", as_bash(goal)?),
        _ => return None,
    })
}

/// Runs it in both worlds; what the real one printed.
fn compare(what: &str, script: &str) -> Result<String, Failed> {
    let real = worlds::real(script)?;
    let ours = worlds::ours(script);
    let shown = |out: &[u8], err: &[u8], status: i32| {
        let text = [out, b"-- standard error\n", err].concat();
        format!("{}-- status {status}\n", mask(&String::from_utf8_lossy(&text)))
    };
    let want = shown(&real.stdout, &real.stderr, real.status.code().unwrap_or(-1));
    let got = shown(&ours.stdout(), &ours.stderr(), ours.status);
    if want != got {
        let diff = similar::TextDiff::from_lines(&want, &got);
        let diff = diff.unified_diff().context_radius(2).to_string();
        return Err(format!("{what} (- real, + here):\n{diff}").into());
    }
    Ok(want)
}

/// Dates of `ls -l` and `stat`, and temporary names `#N`.
fn mask(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        out += &mask_line(line);
    }
    out
}

fn mask_line(line: &str) -> String {
    let is_month =
        |word: &str| "JanFebMarAprMayJunJulAugSepOctNovDec".contains(word) && word.len() == 3;
    let words: Vec<&str> = line.split(' ').filter(|it| !it.is_empty()).collect();
    let mut line = line.to_owned();
    for three in words.windows(3) {
        let time = three[2].len() == 5 && three[2].as_bytes()[2] == b':';
        if is_month(three[0]) && three[1].parse::<u8>().is_ok() && time {
            let at = line.find(three[0]).unwrap_or(0);
            let end = line.find(three[2]).map_or(at, |it| it + 5);
            line.replace_range(at..end, "DATE");
        }
    }
    if ["Access: 2", "Modify: 2", "Change: 2", " Birth: 2"].iter().any(|it| line.starts_with(it)) {
        return "DATE\n".to_owned();
    }
    match line.rfind('#') {
        Some(at) if line[at + 1..].trim_end().bytes().all(|b| b.is_ascii_hexdigit()) => {
            format!("{}#N\n", &line[..at])
        }
        _ => line,
    }
}

//! The command line, from outside: the built program, its output and its exit status.

#![cfg(feature = "cli")]

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn start(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_layerglass"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read its input may be gone already.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("it ends")
}

/// Standard output, standard error, status.
#[track_caller]
fn expect(args: &[&str], input: &str, out: &str, err: &str, status: i32) {
    let done = start(args, input.as_bytes());
    let shown = (
        String::from_utf8_lossy(&done.stdout).into_owned(),
        String::from_utf8_lossy(&done.stderr).into_owned(),
        done.status.code(),
    );
    assert_eq!(shown, (out.to_owned(), err.to_owned(), Some(status)), "{args:?}");
}

#[track_caller]
fn expect_usage(args: &[&str], words: &str) {
    let done = start(args, b"");
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(2), "{args:?}: {err}");
    assert!(done.stdout.is_empty(), "{args:?}");
    assert!(err.contains(words), "{args:?}: {err}");
}

/// A file of this test run.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn run_takes_a_text_a_file_or_standard_input() {
    expect(&["run", "-c", "echo $0 $1 $#", "a", "-x"], "", "a -x 1\n", "", 0);
    expect(&["run", "-c", ""], "", "", "", 0);
    expect(&["run"], "pwd; echo $HOME; exit 3", "/\n/root\n", "", 3);
    expect(&["run", "-", "one"], "echo $0 $1", "bash one\n", "", 0);
    let script = file("script.sh", "read line; echo \"$1:$line\"; cat nothing");
    let err = "cat: nothing: No such file or directory\n";
    expect(&["run", text(&script), "--json", "b"], "typed\n", "--json:typed\n", err, 1);
}

#[test]
fn run_ends_as_bash_does() {
    let missing = "bash: /nonexistent/x.sh: No such file or directory\n";
    expect(&["run", "/nonexistent/x.sh"], "", "", missing, 127);
    let found = "bash: line 1: frobnicate: command not found\n";
    expect(&["run", "-c", "frobnicate"], "", "", found, 127);
    let done = start(&["run", "-c", "gcc x.c"], b"");
    assert_eq!(done.status.code(), Some(127));
    assert_eq!(String::from_utf8_lossy(&done.stderr), "gcc: not simulated: write it for bash\n");
}

#[test]
fn run_is_some_other_kernel_when_told() {
    let script = "cd /tmp; mkdir l u w m; echo > l/a
        mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m; rm m/a
        stat -c %h u/a; uname -r; grep -c uuid=on /proc/mounts";
    expect(&["run", "-c", script], "", "2\n6.18.44\n1\n", "", 0);
    expect(&["run", "--kernel", "5.4", "-c", script], "", "1\n5.4.0\n0\n", "", 1);
}

#[test]
fn wrong_usage_ends_with_2() {
    expect_usage(&[], "Usage");
    expect_usage(&["frobnicate"], "unrecognized subcommand");
    expect_usage(&["run", "--frobnicate"], "unknown option --frobnicate");
    expect_usage(&["run", "--kernel", "2.4"], "6.18, 6.12");
    expect_usage(&["run", "--driver", "ntfs"], "overlay2");
    expect_usage(&["run", "--socket", "/s", "-c", "true"], "--socket /s: No such file");
    expect_usage(&["run", "--socket", "/s", "--json", "-c", "true"], "do not go together");
    expect_usage(&["check"], "SCENARIO");
    expect_usage(&["conform", "--frobnicate"], "unexpected argument");
    for name in ["overlay2", "aufs", "btrfs", "zfs", "devicemapper", "vfs"] {
        let asks = ["run", "--driver", name, "-c", "docker info -f '{{.Driver}}'"];
        expect(&asks, "", &format!("{name}\n"), "", 0);
    }
    let script = "docker info -f '{{.Driver}}'; docker run --rm busybox echo hi 2>/dev/null; ls /var/lib/docker/vfs/dir | wc -l";
    expect(&["run", "--driver", "vfs", "-c", script], "", "vfs\nhi\n1\n", "", 0);
}

#[test]
fn everything_explains_itself() {
    for args in [&["--help"][..], &["run", "--help"], &["check", "--help"]] {
        let done = start(args, b"");
        assert!(done.status.success(), "{args:?}");
        assert!(String::from_utf8_lossy(&done.stdout).contains("Usage: layerglass"), "{args:?}");
    }
}

/// The objects of `run --json`, with the status of the program.
fn objects(args: &[&str], input: &str) -> (Vec<Value>, Option<i32>) {
    let done = start(&[&["run", "--json"], args].concat(), input.as_bytes());
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8(done.stdout).expect("UTF-8");
    (text.lines().map(|it| serde_json::from_str(it).expect(it)).collect(), done.status.code())
}

#[test]
fn json_has_one_object_for_each_command() {
    let script = "# first\nmkdir a; echo hi > a/b\n\nfor i in 1 2; do\n  echo $i\ndone\ncat nothing; (exit 4)\n\
        trap 'echo bye' EXIT\ncat <<X | tr d D\ndoc\nX\nexit 7\n";
    let (all, status) = objects(&["-"], script);
    assert_eq!(status, Some(7));
    let shown: Vec<String> = all
        .iter()
        .map(|it| {
            let text = |key: &str| it[key].as_str().unwrap_or("?").to_owned();
            format!(
                "{} {}|{}|{}|{}",
                it["n"],
                text("cmd"),
                it["status"],
                text("stdout"),
                text("stderr")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "1 mkdir a|0||",
            "2 echo hi > a/b|0||",
            "3 for i in 1 2; do\n  echo $i\ndone|0|1\n2\n|",
            "4 cat nothing|1||cat: nothing: No such file or directory\n",
            "5 ( exit 4 )|4||",
            "6 trap 'echo bye' EXIT|0||",
            "7 cat <<X | tr d D\ndoc\nX|0|Doc\n|",
            "8 exit 7|7|bye\n|",
        ]
    );
    assert!(all.iter().all(|it| it["trace"].is_array()));
    assert!(all[0]["trace"].to_string().contains("mkdir"), "{}", all[0]["trace"]);
}

#[test]
fn json_adds_up_to_the_plain_run() {
    let script = "set -e\nmkdir l u w m; echo x > l/f\nmount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m\n\
        eval 'echo y >> m/f; cat m/f'\nls -l u\nf() { rm m/f; ls -l u; }\nf\ndate\nfalse\necho never\n";
    let plain = start(&["run"], script.as_bytes());
    let (all, status) = objects(&[], script);
    assert_eq!((status, plain.status.code()), (Some(1), Some(1)));
    let out: String = all.iter().filter_map(|it| it["stdout"].as_str()).collect();
    assert_eq!(out, String::from_utf8_lossy(&plain.stdout));
    let copied = all.iter().find(|it| it["cmd"].as_str().is_some_and(|it| it.contains("eval")));
    assert!(copied.expect("the command")["trace"].to_string().contains("CopyUp"));
    let (all, status) = objects(&["-c", "echo a\nif"], "");
    assert_eq!((all.len(), status), (2, Some(2)));
    assert!(all[1]["stderr"].as_str().is_some_and(|it| it.contains("syntax error")));
}

const GOOD: &str = "static/scenarios/lab/01-the-lab.yaml";

#[test]
fn check_says_ok_or_fail_in_one_line() {
    expect(&["check", GOOD], "", &format!("ok {GOOD}\n"), "", 0);
    let whole = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(GOOD));
    let whole = whole.expect("the lab");
    let bad = file("bad.yaml", &whole.replace("answer: rm -f", "answer: ls"));
    let name = text(&bad);
    let line = 1 + whole.lines().position(|it| it.contains("absent merged/in_lower")).expect("it");
    let done = start(&["check", GOOD, name, "/nonexistent.yaml"], b"");
    assert_eq!(done.status.code(), Some(1));
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], format!("ok {GOOD}"));
    assert!(
        lines[1]
            .starts_with(&format!("FAIL {name}:{line}: the answer of step 3 does not reach it")),
        "{out}"
    );
    assert_eq!(lines[2..], ["FAIL /nonexistent.yaml:1: no such file"]);
    assert_eq!(start(&["check", GOOD, name, "/nonexistent.yaml"], b"").stdout, done.stdout);
}

#[test]
fn check_runs_what_the_sample_sites_embed() {
    let pages = ["body.md", "plain/index.html", "reveal/index.html", "hugo/content/_index.md"];
    let pages = [&pages[..], &["sphinx/index.md", "preprocessor/src/whiteouts.md"]].concat();
    for page in pages.iter().map(|it| format!("tests/samples/{it}")) {
        expect(&["check", &page], "", &format!("ok {page}\n"), "", 0);
    }
}

#[test]
fn check_speaks_json() {
    let broken = file("broken.yaml", "layerglass: 1\nid: x\ntitle: {en: A}\n");
    let done = start(&["check", "--json", GOOD, text(&broken)], b"");
    assert_eq!(done.status.code(), Some(1));
    let out = String::from_utf8(done.stdout).expect("UTF-8");
    let all: Vec<Value> = out.lines().map(|it| serde_json::from_str(it).expect(it)).collect();
    assert_eq!(all[0]["ok"], true);
    assert_eq!(all[0]["played"]["id"], "lab");
    assert_eq!(all[1]["problems"][0]["line"], 3);
    assert_eq!(all[1]["problems"][0]["reason"], "`title` lacks its `zh` text");
}

/// What `userxattr` marked is mended with the marks of `userxattr`.
#[test]
fn fsck_repairs_in_the_namespace_that_it_finds() {
    for (option, space) in [("", "trusted"), (",userxattr", "user")] {
        let layers = "lowerdir=l,upperdir=u,workdir=w";
        let script = format!(
            "mkdir -p l/d u w m; echo a > l/d/f
             mount -t overlay o -o {layers}{option} m; chmod 600 m/d/f; umount m
             setfattr -x {space}.overlay.impure u/d
             setfattr -n {space}.overlay.redirect -v nowhere u/d
             fsck.overlay -y -o {layers}; getfattr -m 'impure|redirect' u/d
             fsck.overlay -n -o {layers}"
        );
        let out = format!(
            "redirect to nothing: u/d -> nowhere (repaired)
impure mark missing: u/d (repaired)
fsck.overlay: 2 repaired
# file: u/d
{space}.overlay.impure

fsck.overlay: clean
"
        );
        expect(&["run", "-c", &script], "", &out, "", 0);
    }
}

/// Recorded from jq 1.6, the one of Debian 12 (`tests/jq/cases.sh`).
#[test]
fn jq_filters_as_jq_1_6_does() {
    let (script, recorded) = (include_str!("jq/cases.sh"), include_str!("jq/jq-1.6.out"));
    let done = start(&["run", "-"], script.as_bytes());
    let ours = String::from_utf8_lossy(&done.stdout).into_owned();
    let first = ours.lines().zip(recorded.lines()).enumerate().find(|(_, (a, b))| a != b);
    assert_eq!(first, None, "the first line that differs: ours, jq's");
    assert_eq!((ours.as_str(), done.status.code()), (recorded, Some(0)));
}

#[test]
fn jq_ends_whatever_the_filter() {
    for filter in
        ["[range(1e9)]", "def f: f; f", "def f: [f]; f", "[repeat(1)]", "last(range(1e18))"]
    {
        let done = start(&["run", "-c", &format!("jq -n '{filter}'")], b"");
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(5), "{filter}: {err}");
        assert!(err.contains("than the machine"), "{filter}: {err}");
    }
}

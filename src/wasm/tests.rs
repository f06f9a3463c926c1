use super::{Event, Headless, Kept, Options, State, Step, open};
use crate::errno::Errno;
use crate::port::Ask;

fn machine(options: &Options) -> Headless {
    let mut machine = Headless::new(options).expect("a machine");
    settle(&mut machine);
    machine
}

/// Works until nothing moves.
fn settle(machine: &mut Headless) -> (Vec<Event>, State) {
    let mut events = Vec::new();
    for _ in 0..10_000 {
        let slice = machine.slice();
        events.extend(slice.events);
        if slice.state != State::Busy {
            return (events, slice.state);
        }
    }
    panic!("no end")
}

fn run(machine: &mut Headless, line: &str) -> Step {
    machine.begin(Ask::Run { line: line.into() }).expect("to begin");
    let (events, state) = settle(machine);
    assert_eq!(state, State::Idle, "{line}");
    let mut steps = events.into_iter().filter_map(|it| match it {
        Event::Step { step } => Some(step),
        _ => None,
    });
    steps.next_back().expect("a step")
}

const SETUP: &str = "mkdir lower upper work merged\necho a > lower/a\n\
     mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged";

fn prepared() -> Headless {
    machine(&Options { setup: Some(SETUP.into()), ..Options::default() })
}

#[test]
fn a_step_has_output_status_and_trace() {
    let mut machine = prepared();
    let step = run(&mut machine, "rm merged/a; ls merged missing");
    assert_eq!((step.n, step.status, step.stdout.as_str()), (4, 2, "merged:\n"));
    assert_eq!(step.stderr, "ls: cannot access 'missing': No such file or directory\n");
    assert!(!machine.trace_of(4).expect("a trace").is_empty());
    assert_eq!(machine.trace_of(5).expect_err("none").code, Errno::EINVAL);
}

#[test]
fn a_command_waits_and_takes_input() {
    let mut machine = prepared();
    machine.begin(Ask::Run { line: "read x; echo got $x".into() }).expect("to begin");
    let (_, state) = settle(&mut machine);
    assert_eq!(state, State::Waiting);
    assert_eq!(machine.begin(Ask::View).expect_err("busy").code, Errno::EBUSY);
    machine.give(Ask::Input { text: "7\n".into() });
    let (events, state) = settle(&mut machine);
    assert_eq!(state, State::Idle);
    let printed = |it: &Event| matches!(it, Event::Step { step } if step.stdout == "got 7\n");
    assert!(events.iter().any(printed), "{events:?}");
    let kept = machine.kept();
    let again = self::machine(&Options { state: Some(kept), ..Options::default() });
    assert_eq!(again.view().digest, machine.view().digest);
}

#[test]
fn undone_steps_stay_until_another_future() {
    let mut machine = prepared();
    run(&mut machine, "rm merged/a");
    machine.goto(0).expect("to go");
    settle(&mut machine);
    assert_eq!(machine.at(), (3, 4), "the preparation stays");
    run(&mut machine, "true");
    assert_eq!(machine.at(), (4, 4));
}

#[test]
fn files_are_written_by_steps_and_read_without() {
    let mut machine = prepared();
    let binary: Vec<u8> = (0..=255).collect();
    for bytes in [&b"it's\n\xe4\xbd\xa0 %s \\n"[..], b"", &binary] {
        let line = Headless::write_line("merged/f g", bytes).expect("a line");
        assert_eq!(run(&mut machine, &line).status, 0);
        let before = machine.view().digest;
        assert_eq!(machine.read("merged/f g").expect("the file"), bytes);
        assert_eq!(machine.view().digest, before);
    }
}

#[test]
fn a_refusal_names_its_rule() {
    let mut machine = machine(&Options {
        setup: Some("mkdir a b m\nmount -t overlay o -o lowerdir=a:b m".into()),
        ..Options::default()
    });
    assert_eq!(run(&mut machine, "echo x > m/x").status, 1);
    let failure = machine.read("m/none").expect_err("nothing there");
    assert_eq!((failure.code, failure.number), (Errno::ENOENT, 2));
    assert!(failure.message.starts_with("m/none: "), "{}", failure.message);
    assert!(!failure.trace.is_empty());
}

#[test]
fn wrong_options_are_refused_with_the_reason() {
    let refused = |json: &str| match serde_json::from_str::<Options>(json) {
        Ok(options) => Headless::new(&options).err().expect(json).message,
        Err(why) => why.to_string(),
    };
    let says = |json: &str, part: &str| {
        let why = refused(json);
        assert!(why.contains(part), "{json}: {why}");
    };
    says(r#"{"kernel": "2.4"}"#, "there is no 2.4; there are 6.18");
    says(r#"{"driver": "zip"}"#, "no storage driver");
    says(r#"{"dir": "here"}"#, "absolute");
    says(r#"{"setup": "cat <<E\nx\nE"}"#, "one command a line");
    says(r#"{"scenario": "id: x", "kernel": "6.18"}"#, "do not go together");
    says(r#"{"scenario": "id: x"}"#, "line 1");
    says(r#"{"colour": 1}"#, "colour");
    says(r#"{"state": {"layerglass": 9, "scenario": "", "past": [], "at": 0}}"#, "version 9");
}

#[test]
fn kernel_driver_and_seed_are_taken() {
    let options = r#"{"kernel": "5.15", "driver": "vfs", "seed": 7, "dir": "/srv"}"#;
    let options: Options = serde_json::from_str(options).expect("options");
    let mut first = machine(&options);
    let mut second = machine(&options);
    let line = "uname -r; pwd; echo $RANDOM; docker info -f '{{.Driver}}'";
    let step = run(&mut first, line);
    assert!(step.stdout.starts_with("5.15"), "{}", step.stdout);
    assert!(
        step.stdout.contains("\n/srv\n") && step.stdout.ends_with("\nvfs\n"),
        "{}",
        step.stdout
    );
    assert_eq!(step.stdout, run(&mut second, line).stdout);
}

#[test]
fn what_is_kept_is_plain_text() {
    let mut machine = prepared();
    run(&mut machine, "rm merged/a");
    let text = serde_json::to_string(&machine.kept()).expect("text");
    let kept: Kept = serde_json::from_str(&text).expect("the same");
    assert_eq!(kept, machine.kept());
    assert_eq!((kept.past.len(), kept.at), (1, 1));
}

#[test]
fn a_link_opens_the_same_machine() {
    let mut machine = prepared();
    run(&mut machine, "rm merged/a");
    run(&mut machine, "echo b > merged/b");
    machine.goto(4).expect("to go");
    settle(&mut machine);
    let link = machine.link();
    assert!(link.starts_with("v1:"), "{link}");
    let opened = open(&format!("https://example.org/#{link}")).expect("a link");
    assert_eq!((opened.lab, &opened.kept), (None, &machine.kept()));
    let again = self::machine(&Options { state: Some(opened.kept), ..Options::default() });
    assert_eq!(again.view().digest, machine.view().digest);
    let blank = open("#run=pwd").expect("a link");
    assert_eq!(blank.kept.past.len(), 1);
    assert_eq!(open("#lab=whiteout&run=ls").expect("a link").lab.as_deref(), Some("whiteout"));
    assert_eq!(open("#v9:AAAA").expect_err("another version").code, Errno::EINVAL);
}

//! The port from a host's side: the article's lab, typed.

use super::*;

const LAB: &str = include_str!("../../static/scenarios/lab/01-the-lab.yaml");

fn drive(server: &mut Server, ask: Ask) -> Vec<Tell> {
    server.ask(ToMachine { id: 7, ask });
    let mut out = Vec::new();
    for _ in 0..10_000 {
        let (tells, more) = server.pump();
        out.extend(tells.into_iter().map(|it| it.tell));
        if !more {
            break;
        }
    }
    out
}

fn view(tells: &[Tell]) -> crate::view::View {
    let last = tells.iter().rev().find_map(|it| match it {
        Tell::View { view } => Some((**view).clone()),
        _ => None,
    });
    last.expect("a view came")
}

fn output(tells: &[Tell]) -> String {
    tells
        .iter()
        .filter_map(|it| match it {
            Tell::Output { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn run(server: &mut Server, line: &str) -> Vec<Tell> {
    drive(server, Ask::Run { line: line.to_owned() })
}

const MOUNT: &str =
    "mount -t overlay overlay -o lowerdir=./lower,upperdir=./upper,workdir=./work ./merged";

#[test]
fn the_lab_from_mount_to_whiteout() {
    use crate::view::{Effect, Role};
    let mut server = Server::new();
    let tells = drive(&mut server, Ask::Load { scenario: LAB.to_owned() });
    assert!(view(&tells).mounts.is_empty());
    assert_eq!(view(&tells).prompt, "root@lab:/data/myworkdir/fs# ");
    let tells = run(&mut server, MOUNT);
    assert_eq!(output(&tells), "");
    let picture = view(&tells);
    let mount = &picture.mounts[0];
    assert_eq!(mount.target, "/data/myworkdir/fs/merged");
    let row = mount.row("in_both.txt").expect("a row");
    assert_eq!(
        row.cells.iter().map(|it| it.role).collect::<Vec<_>>(),
        [Role::Visible, Role::Shadowed]
    );
    let tells = run(&mut server, "echo 'in lower! after edit!' >> merged/in_lower.txt");
    let step = view(&tells).steps.last().cloned().expect("a step");
    assert!(
        step.effects
            .iter()
            .any(|it| matches!(it, Effect::CopiedUp { path, .. } if path == "in_lower.txt")),
        "{:#?}",
        step.effects
    );
    let tells = run(&mut server, "rm -f merged/in_lower.txt");
    let picture = view(&tells);
    let row = picture.mounts[0].row("in_lower.txt").expect("a row").clone();
    assert!(row.merged.is_none());
    assert_eq!(
        row.cells.iter().map(|it| it.role).collect::<Vec<_>>(),
        [Role::Whiteout, Role::Shadowed]
    );
    let step = picture.steps.last().cloned().expect("a step");
    assert!(
        step.effects
            .iter()
            .any(|it| matches!(it, Effect::WhitedOut { path, .. } if path == "in_lower.txt")),
        "{:#?}",
        step.effects
    );
    // Undo brings the picture back, byte for byte.
    let before = drive(&mut server, Ask::View);
    drive(&mut server, Ask::Goto { n: 1 });
    let again = drive(&mut server, Ask::Goto { n: 3 });
    assert_eq!(view(&before).digest, view(&again).digest);
}

#[test]
fn the_editor_is_one_step() {
    let mut server = Server::new();
    drive(&mut server, Ask::Load { scenario: LAB.to_owned() });
    run(&mut server, MOUNT);
    let tells = run(&mut server, "vi merged/in_lower.txt");
    let opened = tells.iter().find_map(|it| match it {
        Tell::Edit { path, text, .. } => Some((path.clone(), text.clone())),
        _ => None,
    });
    let (path, text) = opened.expect("the editor opens");
    assert_eq!(text, "in lower\n");
    let editor = "vi".to_owned();
    let tells = drive(&mut server, Ask::Save { path, editor, text: "new\n".to_owned() });
    assert_eq!(view(&tells).steps.len(), 2);
    assert_eq!(output(&run(&mut server, "cat merged/in_lower.txt")), "new\n");
}

#[test]
fn two_moments_are_compared() {
    use crate::view::{DiffTag, Role, TreeChange};
    let mut server = Server::new();
    drive(&mut server, Ask::Load { scenario: LAB.to_owned() });
    for line in [
        MOUNT,
        "echo more >> merged/in_lower.txt",
        "rm merged/in_both.txt",
        "mkdir merged/d; chmod 600 merged/in_upper.txt",
    ] {
        run(&mut server, line);
    }
    let ask = |from, to| Ask::Diff { from, to, mount: None };
    let mut compare = |from, to| match drive(&mut server, ask(from, to)).into_iter().next() {
        Some(Tell::Diff { diff }) => *diff,
        other => panic!("{other:?}"),
    };
    let diff = compare(1, 4);
    assert_eq!(diff.mount.as_deref(), Some("/data/myworkdir/fs/merged"));
    let found: Vec<_> =
        diff.changes.iter().map(|it| (it.path.as_str(), it.seen, it.steps.clone())).collect();
    let (added, changed, gone) =
        (Some(TreeChange::Added), Some(TreeChange::Changed), Some(TreeChange::Deleted));
    assert_eq!(
        found,
        [
            ("d", added, vec![4]),
            ("in_both.txt", gone, vec![3]),
            ("in_lower.txt", changed, vec![2]),
            ("in_upper.txt", changed, vec![4]),
        ]
    );
    let lower = &diff.changes[2];
    assert_eq!(
        lower.lines.last().map(|it| (it.tag, it.text.as_str())),
        Some((DiffTag::Added, "more"))
    );
    assert_eq!(lower.before.roles, [Role::Absent, Role::Visible]);
    assert_eq!(lower.after.roles, [Role::Visible, Role::Shadowed]);
    let mode = ("mode".to_owned(), "-rw-r--r--".to_owned(), "-rw-------".to_owned());
    assert!(diff.changes[3].facts.contains(&mode), "{:?}", diff.changes[3]);
    // The same moment, a moment without a mount, and the machine stays where it was.
    assert!(compare(2, 2).changes.is_empty());
    assert_eq!(compare(0, 1).mounted, (false, true));
    assert_eq!(view(&drive(&mut server, Ask::View)).at, 4);
}

#[test]
fn the_session_is_a_script() {
    let mut server = Server::new();
    drive(&mut server, Ask::Load { scenario: LAB.to_owned() });
    run(&mut server, MOUNT);
    run(&mut server, "rm merged/in_both.txt");
    run(&mut server, "echo undone");
    drive(&mut server, Ask::Undo { count: 1 });
    let tells = drive(&mut server, Ask::Script);
    let Some(Tell::Script { text }) = tells.first() else { panic!("{tells:?}") };
    assert!(text.starts_with("#!/bin/bash\n"));
    assert!(
        text.contains("printf %s 'in lower\n' > /data/myworkdir/fs/lower/in_lower.txt"),
        "{text}"
    );
    assert!(text.ends_with(&format!("{MOUNT}\nrm merged/in_both.txt\n")), "{text}");
}

#[test]
fn a_lookup_is_shown_layer_by_layer() {
    let mut server = Server::new();
    drive(&mut server, Ask::Load { scenario: LAB.to_owned() });
    run(&mut server, MOUNT);
    let path = "/data/myworkdir/fs/merged/in_lower.txt".to_owned();
    let tells = drive(&mut server, Ask::Trace { path: path.clone() });
    let Some(Tell::Trace { report }) = tells.first() else { panic!("{tells:?}") };
    assert_eq!(report.rows.len(), 2, "{report:#?}");
    assert!(report.result.is_some());
    let tells = drive(&mut server, Ask::Inspect { path });
    let Some(Tell::Inspection { inspection }) = tells.first() else { panic!("{tells:?}") };
    assert_eq!(inspection.layers.len(), 1);
}

#[test]
fn completes_commands_and_paths() {
    let mut server = Server::new();
    drive(&mut server, Ask::Load { scenario: LAB.to_owned() });
    let ask = Ask::Complete { line: "cat lower/in_l".to_owned(), cursor: 14 };
    let tells = drive(&mut server, ask);
    let want = Tell::Completions { from: 4, to: 14, words: vec!["lower/in_lower.txt".to_owned()] };
    assert_eq!(tells[0], want);
}

/// What a page keeps: the steps as the journal has them.
fn kept(tells: &[Tell], past: &mut Vec<Past>) {
    for tell in tells {
        if let Tell::Kept { n, past: one } = tell {
            past.truncate(n - 1);
            past.push(one.clone());
        }
    }
}

#[test]
fn a_machine_is_rebuilt_from_what_was_kept() {
    let mut server = Server::new();
    let mut past = Vec::new();
    drive(&mut server, Ask::Load { scenario: LAB.to_owned() });
    for ask in [
        Ask::Run { line: MOUNT.to_owned() },
        Ask::Run { line: "cat > merged/typed; sleep 1".to_owned() },
        Ask::Input { text: "one\n".to_owned() },
        Ask::Input { text: "two\n".to_owned() },
        Ask::EndInput,
        Ask::Run { line: "echo gone > merged/x".to_owned() },
        Ask::Undo { count: 1 },
        Ask::Run { line: "vi merged/in_lower.txt".to_owned() },
        Ask::Save {
            path: "/data/myworkdir/fs/merged/in_lower.txt".to_owned(),
            editor: "vi".to_owned(),
            text: "edited\n".to_owned(),
        },
        Ask::Run { line: "if [ -e merged/typed ]; then".to_owned() },
        Ask::Input { text: "cat merged/typed; X=7\n".to_owned() },
        Ask::Input { text: "fi\n".to_owned() },
        Ask::Run { line: "rm merged/in_both.txt".to_owned() },
        Ask::Undo { count: 1 },
    ] {
        kept(&drive(&mut server, ask), &mut past);
    }
    // Ctrl-C in the middle of an endless loop: at its round, not at some time.
    server.ask(ToMachine {
        id: 8,
        ask: Ask::Run { line: "i=0; while :; do i=$((i+1)); done".to_owned() },
    });
    for _ in 0..3 {
        server.pump();
    }
    kept(&drive(&mut server, Ask::Interrupt), &mut past);
    let tells = drive(
        &mut server,
        Ask::Run { line: "echo $i $X > merged/count; cat merged/count".to_owned() },
    );
    kept(&tells, &mut past);
    let tells = drive(&mut server, Ask::Undo { count: 1 });
    let (was, count) = (view(&tells), past.len());
    assert_eq!(count, 6);

    let mut other = Server::new();
    let ask = Ask::Restore { scenario: LAB.to_owned(), past: past.clone(), at: count - 1 };
    let tells = drive(&mut other, ask);
    assert!(tells.contains(&Tell::Restored { done: count, lost: 0 }));
    let is = view(&tells);
    assert_eq!((is.at, is.steps), (was.at, was.steps));
    assert_eq!(is.digest, was.digest);
    assert!(output(&tells).contains("one\ntwo\n"));
    let mut again = Vec::new();
    kept(&tells, &mut again);
    assert_eq!(again, past);
    // Redo works, and so does undo to the beginning.
    let redone = view(&drive(&mut other, Ask::Redo { count: 1 }));
    assert_eq!(redone.digest, view(&drive(&mut server, Ask::Redo { count: 1 })).digest);
    assert!(view(&drive(&mut other, Ask::Undo { count: 99 })).mounts.is_empty());
}

#[test]
fn what_cannot_be_done_again_is_given_up() {
    let past = |line: &str| Past { line: line.to_owned(), given: Vec::new() };
    // The answer to `cat` is missing.
    let steps = vec![past("echo a"), past("cat"), past("echo b")];
    let mut server = Server::new();
    let tells = drive(&mut server, Ask::Restore { scenario: LAB.to_owned(), past: steps, at: 3 });
    assert!(tells.contains(&Tell::Restored { done: 2, lost: 1 }));
    assert_eq!(output(&run(&mut server, "echo alive")), "alive\n");
    // One that hangs is stopped by Ctrl-C.
    let steps = vec![past("echo a"), past("while :; do :; done"), past("echo b")];
    let ask = Ask::Restore { scenario: LAB.to_owned(), past: steps, at: 3 };
    server.ask(ToMachine { id: 9, ask });
    for _ in 0..50 {
        server.pump();
    }
    let tells = drive(&mut server, Ask::Interrupt);
    assert!(tells.contains(&Tell::Restored { done: 2, lost: 1 }));
    assert_eq!(output(&run(&mut server, "echo alive")), "alive\n");
    let ask = Ask::Restore { scenario: "no scenario".to_owned(), past: Vec::new(), at: 0 };
    assert!(drive(&mut server, ask).contains(&Tell::End));
    assert_eq!(output(&run(&mut server, "echo alive")), "alive\n");
}

/// The machine without all commands is left in the middle of a line, and another one goes on there.
#[test]
fn another_machine_takes_over_in_the_middle_of_a_line() {
    const LINE: &str = "read a; read b; echo $a $b > two.txt; cat two.txt";
    let input = |text: &str| Ask::Input { text: text.to_owned() };
    let load = || Ask::Load { scenario: LAB.to_owned() };

    let mut whole = Server::new();
    drive(&mut whole, load());
    run(&mut whole, MOUNT);
    drive(&mut whole, Ask::Undo { count: 1 });
    run(&mut whole, LINE);
    drive(&mut whole, input("1\n"));
    let want = drive(&mut whole, input("2\n"));
    assert_eq!(output(&want), "1 2\n");

    let mut first = Server::new();
    drive(&mut first, load());
    run(&mut first, MOUNT);
    drive(&mut first, Ask::Undo { count: 1 });
    run(&mut first, LINE);
    drive(&mut first, input("1\n"));
    first.session.call_elsewhere();
    let tells = drive(&mut first, Ask::View);
    let outgrown = tells.iter().find(|it| matches!(it, Tell::Outgrown { .. }));
    let Some(Tell::Outgrown { scenario, past, at, given }) = outgrown.cloned() else {
        panic!("{tells:?}")
    };
    assert_eq!((past.len(), at, given.len()), (1, 0, 1));

    let mut second = Server::new();
    drive(&mut second, Ask::Restore { scenario, past, at });
    let tells = drive(&mut second, Ask::Resume { line: LINE.to_owned(), given });
    assert!(matches!(tells.last(), Some(Tell::Waiting { .. })), "{tells:?}");
    let got = drive(&mut second, input("2\n"));
    assert_eq!(output(&got), "1 2\n");
    assert_eq!(view(&got).digest, view(&want).digest);

    // If there is no other machine, the first one gives the line up and is as good as before.
    let tells = drive(&mut first, Ask::Interrupt);
    assert!(tells.iter().any(|it| matches!(it, Tell::Done { step } if step.status == 130)));
    assert_eq!(output(&run(&mut first, "echo on")), "on\n");
}

#[test]
fn an_interrupt_right_after_a_command_is_for_that_command() {
    let mut server = Server::new();
    let loops = Ask::Run { line: "while :; do :; done".to_owned() };
    server.ask(ToMachine { id: 1, ask: loops });
    let tells = drive(&mut server, Ask::Interrupt);
    assert!(tells.iter().any(|it| matches!(it, Tell::Done { step } if step.status == 130)));
    // A word that is typed ahead is read.
    server.ask(ToMachine { id: 2, ask: Ask::Run { line: "read a; echo \"[$a]\"".to_owned() } });
    let tells = drive(&mut server, Ask::Input { text: "word\n".to_owned() });
    assert_eq!(output(&tells), "[word]\n");
}

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

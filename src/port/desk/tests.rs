//! Archives from the host's side: out of the machine, onto the desk, into the machine again.

use crate::port::archive::{Ask as Archive, Look, Tell as Told};
use crate::port::{Ask, Server, Tell, ToMachine};
use crate::survey::{Filter, Scope, Sort, State};
use std::sync::Arc;

fn drive(server: &mut Server, ask: Ask) -> Vec<Tell> {
    server.ask(ToMachine { id: 5, ask });
    let mut out = Vec::new();
    loop {
        let (tells, more) = server.pump();
        out.extend(tells.into_iter().map(|it| it.tell));
        if !more {
            assert_eq!(out.last(), Some(&Tell::End));
            return out;
        }
    }
}

fn run(server: &mut Server, line: &str) -> String {
    let tells = drive(server, Ask::Run { line: line.to_owned() });
    let text = tells.into_iter().filter_map(|it| match it {
        Tell::Output { text, .. } => Some(text),
        _ => None,
    });
    text.collect()
}

fn asked(server: &mut Server, ask: Archive) -> Vec<Told> {
    let tells = drive(server, Ask::Archive(ask));
    let told = tells.into_iter().filter_map(|it| match it {
        Tell::Archive(told) => Some(told),
        _ => None,
    });
    told.collect()
}

fn pieces(tells: Vec<Tell>) -> Vec<u8> {
    let pieces = tells.into_iter().filter_map(|it| match it {
        Tell::Piece { bytes, .. } => Some(bytes),
        _ => None,
    });
    pieces.collect::<Vec<_>>().concat()
}

/// Makes an image with waste and a secret, and takes it out of the machine.
fn saved(server: &mut Server) -> Vec<u8> {
    run(
        server,
        "docker run --name one busybox sh -c 'echo key > /root/.npmrc; seq 1 500 > /big; mkdir /d; echo 1 > /d/f'
docker commit one it:1 >/dev/null
docker run --name two it:1 sh -c 'rm /root/.npmrc; echo 2 >> /d/f; seq 1 501 > /big'
docker commit two it:2 >/dev/null
docker save -o it.tar it:2",
    );
    pieces(drive(server, Ask::Fetch { path: "it.tar".to_owned() }))
}

fn opened(server: &mut Server, bytes: Vec<u8>) -> u32 {
    server.lend(7, Arc::new(bytes));
    let told = asked(server, Archive::Open { file: 7, name: "it.tar".to_owned() });
    match told.last() {
        Some(Told::Opened { images, .. }) => images[0].0,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_image_goes_out_is_looked_at_and_comes_in_again() {
    let mut server = Server::new();
    let bytes = saved(&mut server);
    let image = opened(&mut server, bytes.clone());
    // The tree: a directory opens in place.
    let look = Look::Tree { open: vec!["d".to_owned()], sort: Sort::Path };
    let ask = Archive::Rows { image, scope: Scope::Layer(3), look, skip: 0, limit: 100 };
    let Told::Rows { rows, total, .. } = asked(&mut server, ask).remove(0) else { panic!() };
    let seen: Vec<(String, u32, State)> =
        rows.iter().map(|it| (it.row.name.clone(), it.depth, it.file().state)).collect();
    assert_eq!(total as usize, rows.len());
    assert!(seen.contains(&("f".to_owned(), 1, State::Changed)), "{seen:?}");
    // The largest first, two of them.
    let filter = Filter { sort: Sort::Size, ..Filter::default() };
    let look = Look::List(filter);
    let ask = Archive::Rows { image, scope: Scope::Merged(3), look, skip: 1, limit: 2 };
    let Told::Rows { rows, skip, .. } = asked(&mut server, ask).remove(0) else { panic!() };
    assert_eq!((rows.len(), skip), (2, 1));
    assert!(rows[0].file().size >= rows[1].file().size);
    // Two versions of a file.
    let ask = Archive::Versions { image, path: "d/f".to_owned() };
    let Told::Versions { versions, .. } = asked(&mut server, ask).remove(0) else { panic!() };
    assert_eq!(versions.len(), 2);
    let Told::Findings { waste, secrets, dockerfile, .. } =
        asked(&mut server, Archive::Findings { image }).remove(0)
    else {
        panic!()
    };
    assert!(waste.files.iter().any(|it| it.path == "big" && it.bytes == 1892), "{waste:?}");
    assert!(secrets.iter().any(|it| it.path == "root/.npmrc" && !it.visible));
    assert!(dockerfile.contains("FROM scratch"));
    // What goes out again is the same archive.
    let again = pieces(drive(&mut server, Ask::Archive(Archive::Export { image })));
    assert!(again == bytes, "the export differs from what came in");
    // Another machine runs it.
    let mut other = Server::new();
    let image = opened(&mut other, bytes);
    let told = asked(&mut other, Archive::Put { image, name: "it.tar".to_owned() });
    assert_eq!(told, [Told::Put { path: "/root/it.tar".to_owned() }]);
    assert_eq!(run(&mut other, "docker load -i it.tar"), "Loaded image: it:2\n");
    assert_eq!(run(&mut other, "docker run --rm it:2 cat /d/f"), "1\n2\n");
    drive(&mut other, Ask::Undo { count: 2 });
    assert_eq!(run(&mut other, "ls"), "");
}

#[test]
fn what_is_broken_leaves_nothing_and_says_where() {
    let mut server = Server::new();
    let bytes = saved(&mut server);
    for (cut, why) in [(bytes.len() / 2, "are left"), (700, ""), (0, "")] {
        server.lend(7, Arc::new(bytes[..cut].to_vec()));
        let told = asked(&mut server, Archive::Open { file: 7, name: String::new() });
        let Some(Told::Refused { message }) = told.last() else { panic!("{told:?}") };
        assert!(message.contains(why) && !message.is_empty(), "{message}");
    }
    let told = asked(&mut server, Archive::Findings { image: 0 });
    assert_eq!(told, [Told::Refused { message: "the image is not open".to_owned() }]);
    assert_eq!(run(&mut server, "echo here"), "here\n");
}

#[test]
fn an_opening_is_given_up_at_once_and_questions_wait_for_no_command() {
    let mut server = Server::new();
    let bytes = saved(&mut server);
    server.lend(7, Arc::new(bytes));
    // A command waits for input; the desk does not.
    server.ask(ToMachine { id: 1, ask: Ask::Run { line: "cat".to_owned() } });
    while server.pump().1 {}
    server.ask(ToMachine {
        id: 2,
        ask: Ask::Archive(Archive::Open { file: 7, name: String::new() }),
    });
    let first = server.pump().0;
    assert!(first.iter().any(|it| matches!(it.tell, Tell::Archive(Told::Progress { .. }))));
    server.ask(ToMachine { id: 3, ask: Ask::Archive(Archive::Cancel) });
    let (tells, more) = server.pump();
    let of =
        |id| tells.iter().filter(|it| it.id == id).map(|it| it.tell.clone()).collect::<Vec<_>>();
    assert_eq!(of(2), [Tell::Archive(Told::Cancelled), Tell::End]);
    assert_eq!((of(3), more), (vec![Tell::End], false));
}

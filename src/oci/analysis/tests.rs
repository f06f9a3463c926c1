use super::super::tests::{archive, layer, open};
use super::{Analysis, graph, source};
use crate::survey::{Container, Content, Event, Filter, Hidden, Kind, Scope, Sort, State, Version};

fn analysis(layers: &[&str]) -> Analysis {
    let layers: Vec<Vec<u8>> = layers.iter().map(|words| layer(words)).collect();
    Analysis::new(open(archive(&layers)).unwrap())
}

fn rows(analysis: &mut Analysis, scope: Scope, path: &str) -> String {
    let rows = analysis.directory(scope, path).unwrap();
    let text = rows.iter().map(|row| {
        let sign = match row.file.state {
            State::Same => "",
            State::Added => "+",
            State::Changed => "*",
            State::Removed => "-",
        };
        match row.file.kind {
            Kind::Directory => {
                format!("{sign}{}/{}:{}", row.name, row.below.files, row.below.bytes)
            }
            _ => format!("{sign}{}", row.name),
        }
    });
    text.collect::<Vec<_>>().join(" ")
}

#[test]
fn each_layer_has_its_changes_and_its_merged_tree() {
    let mut it = analysis(&[
        "a=1 d/ d/x=22 d/y=1 gone/ gone/z=1",
        "a=2 d/.wh.x d/n=333 .wh.gone",
        "d/ p/q=1",
    ]);
    assert_eq!(rows(&mut it, Scope::Layer(1), ""), "+a +d/2:3 +gone/1:1");
    assert_eq!(rows(&mut it, Scope::Layer(2), ""), "*a d/2:5 -gone/1:1");
    assert_eq!(rows(&mut it, Scope::Layer(2), "d"), "+n -x");
    assert_eq!(rows(&mut it, Scope::Merged(2), ""), "*a d/2:4");
    assert_eq!(rows(&mut it, Scope::Merged(2), "/d/"), "+n y");
    assert_eq!(
        rows(&mut it, Scope::Merged(3), ""),
        "a d/2:4 p/1:1",
        "a directory that nobody names"
    );
    assert_eq!(rows(&mut it, Scope::Merged(3), "p"), "+q");
    assert_eq!(it.directory(Scope::Merged(3), "a"), None, "no directory");
    assert_eq!(it.directory(Scope::Merged(3), "nothing"), None);
    assert_eq!(it.directory(Scope::Merged(4), ""), None, "no such layer");
    assert_eq!(it.directory(Scope::Layer(0), ""), None);
    let layers = it.summary().layers;
    let counts: Vec<_> = layers.iter().map(|it| (it.added, it.changed, it.removed)).collect();
    assert_eq!(counts, [(6, 0, 0), (1, 1, 3), (1, 0, 0)]);
}

#[test]
fn lists_are_sorted_and_filtered() {
    let mut it = analysis(&["a=1 big=4444 Cap=22 d/ d/x=333 l->to/somewhere"]);
    let mut list = |filter: Filter| {
        let found = it.list(Scope::Merged(1), &filter).unwrap();
        let names: Vec<String> = found.rows.into_iter().map(|row| row.name).collect();
        format!("{} {}: {}", found.total, found.bytes, names.join(" "))
    };
    let all = Filter::default;
    assert_eq!(list(all()), "6 22: Cap a big d d/x l");
    assert_eq!(list(Filter { sort: Sort::Size, limit: 3, ..all() }), "6 22: l big d/x");
    assert_eq!(list(Filter { sort: Sort::Size, skip: 4, ..all() }), "6 22: a d");
    assert_eq!(list(Filter { text: "CA".into(), ..all() }), "1 2: Cap");
    assert_eq!(list(Filter { below: "d".into(), ..all() }), "1 3: d/x");
    assert_eq!(
        list(Filter { kinds: vec![Kind::File], min: 2, max: Some(3), ..all() }),
        "2 5: Cap d/x"
    );
    assert_eq!(list(Filter { states: vec![State::Removed], ..all() }), "0 0: ");
    assert_eq!(list(Filter { sort: Sort::Kind, ..all() }), "6 22: big d/x Cap a d l");
}

fn life(versions: &[Version]) -> String {
    let each = versions.iter().map(|it| match &it.event {
        Event::Added(file) => format!("{}+{}", it.layer, file.size),
        Event::Changed(file) => {
            let what: Vec<&str> = file.changed.iter().map(|it| it.text()).collect();
            format!("{}*{}", it.layer, what.join(","))
        }
        Event::Removed(Hidden::Whiteout(by)) => format!("{}-wh {by}", it.layer),
        Event::Removed(Hidden::Opaque(by)) => format!("{}-opq {by}", it.layer),
        Event::Removed(Hidden::Replaced(by)) => format!("{}-now {by}", it.layer),
    });
    each.collect::<Vec<_>>().join("; ")
}

#[test]
fn a_path_has_a_history() {
    let it = analysis(&[
        "d/ d/e/ d/e/f=one top=1",
        "d/e/f=two",
        ".wh.d",
        "d/ d/e/ d/e/f=three",
        "d/ d/.wh..wh..opq",
        "d/e/f=four",
        "d=file .wh.top",
        "top/x=1",
    ]);
    assert_eq!(life(&it.versions("d/e/f")), "1+3; 2*content; 3-wh d; 4+5; 5-opq d; 6+4; 7-now d");
    assert_eq!(life(&it.versions("/top")), "1+1; 7-wh top");
    assert_eq!(life(&it.versions("nothing")), "");
}

#[test]
fn contents_are_read_where_they_lie_and_compared() {
    let base = "one\ntwo\nthree\n".replace('\n', "\u{b}");
    let it = analysis(&[&format!("a={base} b=x\u{1}y h=>a"), "a=other b=x\u{1}z"]);
    let place = |layer, path: &str| {
        let items = &it.image().layers[layer as usize - 1].items;
        let item = items.iter().position(|it| &*it.path == path.as_bytes()).unwrap() as u32;
        crate::survey::Place { layer, item }
    };
    let seen = it.preview(place(2, "a"), 1, 3).unwrap();
    assert_eq!((seen.size, seen.text.as_deref(), &*seen.format), (5, Some("the"), "text"));
    let linked = it.preview(place(1, "h"), 0, 3).unwrap();
    assert_eq!(linked.bytes, base.as_bytes()[..3], "a hard link has contents");
    assert_eq!(it.preview(place(2, "a"), 9, 3).unwrap().bytes, b"");
    let diff = |old, new| it.content_diff(old, &it, new).unwrap();
    assert_eq!(diff(place(1, "a"), place(1, "h")), Content::Same);
    assert_eq!(
        diff(place(1, "b"), place(2, "b")),
        Content::Binary { first: Some(2), old: 3, new: 3 }
    );
    let gone = crate::survey::Place { layer: 3, item: 0 };
    assert!(it.preview(gone, 0, 1).is_err());
}

#[test]
fn text_is_compared_by_lines() {
    let found =
        super::compare::lines("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].old, found[0].new), ((2, 8), (2, 9)));
    let text: Vec<String> =
        found[0].lines.iter().map(|it| format!("{}{}", it.sign, it.text)).collect();
    assert_eq!(text, [" 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8", " 9", "+10"]);
    assert_eq!(super::compare::lines("", "x\n")[0].old, (0, 0));
}

#[test]
fn a_comparison_counts_shared_layers_and_names_settings() {
    let old = analysis(&["a=1", "b=22"]);
    let new = analysis(&["a=1", "c=333"]);
    let found = old.compared(&new);
    assert_eq!((found.shared, found.shared_bytes, found.only_old, found.only_new), (1, 1, 2, 3));
    let files: Vec<String> =
        found.files.iter().map(|it| format!("{}{}", it.kind, it.path)).collect();
    assert_eq!(files, ["D/b", "A/c"]);
    assert_eq!(found.settings, []);
}

#[test]
fn the_graph_counts_what_is_shared_and_what_removal_frees() {
    let images = [
        analysis(&["a=1", "b=22", "c=333"]),
        analysis(&["a=1", "b=22", "d=4444"]),
        analysis(&["a=1", "b=22"]),
    ];
    let sources: Vec<_> = images.iter().map(|it| source(it.image())).collect();
    let graph_of = |containers: &[Container]| graph(&sources, containers);
    let found = graph_of(&[]);
    let sizes: Vec<u64> = found.layers.iter().map(|it| it.size).collect();
    assert_eq!(sizes, [1, 2, 3, 4]);
    let references: Vec<u32> = found.layers.iter().map(|it| it.references).collect();
    assert_eq!(references, [1, 3, 1, 1], "two layers and an image stand on the second");
    let freed: Vec<_> =
        found.images.iter().map(|it| (&it.freed.layers[..], it.freed.bytes)).collect();
    assert_eq!(freed, [(&[2][..], 3), (&[3][..], 4), (&[][..], 0)]);
    assert_eq!((found.images[0].shared, found.images[0].unique), (3, 3));
    assert_eq!((found.bytes, found.unshared), (10, 6 + 7 + 3));
    let running = Container {
        id: "c".into(),
        name: "web".into(),
        image: sources[0].id.clone(),
        size: 5,
        running: true,
    };
    let found = graph_of(&[running]);
    assert_eq!((found.images[0].freed.held_by.clone(), found.images[0].freed.bytes), (vec![0], 0));
    assert_eq!(found.layers[2].references, 2);
    assert_eq!((found.bytes, found.unshared), (15, 16 + 6 + 5));
    assert_eq!(found.layers[0].containers, [0]);
}

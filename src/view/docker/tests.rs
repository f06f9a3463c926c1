//! The shelves, as commands fill them.

use super::Docker;
use crate::port::{Ask, Server, ToMachine};

/// A machine after these command lines.
fn after(lines: &[&str]) -> Server {
    let mut server = Server::new();
    for (id, line) in (1..).zip(lines) {
        server.ask(ToMachine { id, ask: Ask::Run { line: (*line).to_owned() } });
        while server.pump().1 {}
    }
    server
}

fn shelves(lines: &[&str]) -> Docker {
    after(lines).view().docker.expect("the engine was used")
}

#[test]
fn looking_does_not_start_the_engine() {
    assert_eq!(after(&["ls /var/lib"]).view().docker, None);
    let idle = shelves(&["docker ps"]);
    assert!(idle.images.is_empty() && idle.layers.is_empty());
    assert_eq!((idle.driver.as_str(), idle.root.as_str()), ("overlay2", "/var/lib/docker"));
}

#[test]
fn two_versions_share_layers_and_each_frees_only_its_own() {
    let docker = shelves(&["docker pull -q nginx:1.21.1", "docker pull -q nginx:1.21.0"]);
    let [one, two] = &docker.images[..] else { panic!("{:#?}", docker.images) };
    let shared: Vec<&usize> = one.layers.iter().filter(|it| two.layers.contains(it)).collect();
    assert!(!shared.is_empty() && shared.len() < one.layers.len());
    for image in [one, two] {
        assert_eq!(image.size, image.shared + image.frees);
        let goes: Vec<usize> = image
            .layers
            .iter()
            .copied()
            .filter(|at| docker.layers[*at].images.len() == 1)
            .collect();
        assert_eq!(image.goes, goes);
    }
    assert_eq!(docker.unshared, one.size + two.size);
    assert_eq!(docker.stored, docker.unshared - one.shared);
    // What was said is what happens.
    let left = shelves(&[
        "docker pull -q nginx:1.21.1",
        "docker pull -q nginx:1.21.0",
        &format!("docker rmi {}", two.tags[0]),
    ]);
    assert_eq!(left.stored, docker.stored - two.frees);
    assert_eq!(left.layers.len(), docker.layers.len() - two.goes.len());
}

#[test]
fn a_container_stands_on_its_image_and_its_upper_is_where_it_writes() {
    let lines = [
        "docker run -d --name web -v data:/data nginx:1.21.1",
        "docker exec web sh -c 'printf hello > /root/f'",
    ];
    let mut server = after(&lines);
    let docker = server.view().docker.unwrap();
    let web = &docker.containers[0];
    assert_eq!((web.name.as_str(), web.is_running(), web.image), ("web", true, Some(0)));
    assert!(web.written.unwrap() >= 5);
    assert_eq!(docker.images[0].containers, [0]);
    assert!(docker.layers.iter().all(|it| it.containers == [0] && it.images == [0]));
    assert_eq!(docker.volumes[0].containers, [0]);
    assert_eq!(web.mounts[0].destination, "/data");
    let line = format!("cat {}/root/f; ls {}", web.files, web.merged.as_ref().unwrap());
    server.ask(ToMachine { id: 9, ask: Ask::Run { line } });
    let mut out = String::new();
    loop {
        let (tells, more) = server.pump();
        for it in tells {
            if let crate::port::Tell::Output { text, .. } = it.tell {
                out += &text;
            }
        }
        if !more {
            break;
        }
    }
    assert!(out.starts_with("hello") && out.contains("docker-entrypoint.sh"), "{out}");
    // A step back it is not there.
    server.ask(ToMachine { id: 10, ask: Ask::Undo { count: 3 } });
    while server.pump().1 {}
    assert_eq!(server.view().docker, None);
}

#[test]
fn every_step_of_an_image_names_the_layer_that_it_made() {
    let docker = shelves(&["docker pull -q nginx:1.21.1"]);
    let image = &docker.images[0];
    let made: Vec<usize> = image.steps.iter().filter_map(|it| it.layer).collect();
    assert_eq!(made, image.layers);
    assert!(image.steps.len() > image.layers.len(), "some steps change no file");
    assert!(docker.layers.iter().all(|it| !it.by.is_empty()));
}

#[test]
fn the_graph_has_a_place_for_everything() {
    let docker = shelves(&[
        "docker pull -q nginx:1.21.1",
        "docker pull -q nginx:1.18",
        "docker pull -q debian:buster-slim",
        "docker pull -q busybox",
        "docker run --name one busybox true",
        "docker run --name two busybox true",
        "docker run -d --name web nginx:1.21.1",
        "docker exec web touch /new",
        "docker commit web mine:1",
    ]);
    assert_eq!((docker.images.len(), docker.containers.len()), (5, 3));
    let mut spots: Vec<(usize, usize)> = Vec::new();
    spots.extend(docker.layers.iter().map(|it| (it.spot.column, it.spot.row)));
    spots.extend(docker.images.iter().map(|it| (it.spot.column, it.spot.row)));
    spots.extend(docker.containers.iter().map(|it| (it.spot.column, it.spot.row)));
    let all = spots.len();
    spots.sort_unstable();
    spots.dedup();
    assert_eq!(spots.len(), all, "two things in one place");
    assert!(spots.iter().all(|it| it.0 < docker.columns && it.1 < docker.rows));
    for layer in &docker.layers {
        let parent = layer.parent.map(|it| docker.layers[it].spot);
        assert_eq!(layer.spot.column, parent.map_or(0, |it| it.column + 1));
    }
    // An image is beside its top layer.
    for image in &docker.images {
        let first = docker.layers[*image.layers.last().unwrap()].spot.row;
        assert!(first <= image.spot.row);
    }
}

#[test]
fn builds_tell_their_steps_why_they_ran_and_what_they_made() {
    let docker = shelves(&[
        "mkdir /c; cd /c; echo 1 > a; printf 'FROM busybox\\nCOPY a /a\\nRUN true\\nENV A=1\\n' > Dockerfile",
        "docker build -q -t one .; echo 2 > a; docker build -q -t two .; docker build -q -t three .",
        "DOCKER_BUILDKIT=0 docker build -q -t old .; printf 'FROM busybox\\nRUN false\\n' > Dockerfile",
        "docker build -q . ; docker rmi -f one",
    ]);
    let [failed, old, three, two, one] = &docker.builds[..] else { panic!("{:#?}", docker.builds) };
    assert!(failed.image.is_empty() && failed.error.contains("exit code: 1"), "{failed:?}");
    assert_eq!((failed.steps.len(), failed.steps[0].layer), (1, None));
    assert!(old.classic && old.steps.len() == 3 && old.steps[2].chain.is_empty(), "{old:#?}");
    let misses = |it: &crate::view::docker::BuildInfo| {
        it.steps.iter().map(|step| step.miss.clone()).collect::<Vec<_>>()
    };
    use crate::survey::{Miss, SourceChange};
    assert_eq!(misses(one), [Some(Miss::Unknown), Some(Miss::Unknown)]);
    assert_eq!(misses(three), [None, None]);
    let changes = vec![SourceChange::Contents { path: "a".to_owned() }];
    assert_eq!(misses(two), [Some(Miss::Files { changes, more: 0 }), Some(Miss::Before)]);
    assert_eq!((two.tags[0].as_str(), three.image.as_str()), ("two:latest", two.image.as_str()));
    // The first build's layers are the cache's alone by now; it names what made them.
    let layer = &docker.layers[one.steps[0].layer.unwrap()];
    assert!(layer.images.is_empty() && layer.by.contains("COPY a /a"), "{layer:?}");
    assert_eq!(docker.cached, layer.size);
    let with_images = docker.layers.iter().filter(|it| !it.images.is_empty());
    assert_eq!(docker.stored, with_images.map(|it| it.size).sum::<u64>());
    let made = &docker.layers[two.steps[0].layer.unwrap()];
    assert_eq!(made.chain, two.steps[0].chain);
}

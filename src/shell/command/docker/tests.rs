use super::json::Json;
use crate::machine::Machine;

/// Runs a script on a machine; its output, errors among it.
fn run(machine: &mut Machine, script: &str) -> String {
    let done = machine.run_script(script.as_bytes());
    let bytes: Vec<u8> = done.events.into_iter().flat_map(|it| it.1).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn fresh(script: &str) -> String {
    run(&mut Machine::boot(), script)
}

#[track_caller]
fn expect(script: &str, output: &str) {
    assert_eq!(fresh(script), output, "{script}");
}

#[test]
fn a_container_runs_changes_and_is_compared() {
    expect(
        "docker run --name cc busybox sh -c 'echo hi; echo x > /new; rm /etc/shadow; chmod 700 /tmp; exit 3' 2>/dev/null
         echo $?; docker diff cc; docker ps -aq | wc -l; docker rm cc; docker ps -aq",
        "hi\n3\nC /etc\nD /etc/shadow\nA /new\nC /tmp\n1\ncc\n",
    );
}

#[test]
fn a_server_runs_until_it_is_stopped_and_keeps_its_files() {
    let out = fresh(
        "docker pull -q nginx:1.21.1; docker run -d --name web nginx:1.21.1 >/dev/null
         docker ps --format '{{.Names}} {{.Image}} {{.Ports}}'
         docker exec web sh -c 'echo kept > /root/file'
         M=$(docker inspect -f '{{.GraphDriver.Data.MergedDir}}' web); ls -d $M | wc -l
         docker stop web; ls -d $M 2>/dev/null | wc -l; docker ps -q | wc -l
         docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' web
         docker start web; docker exec web cat /root/file; docker rm -f web; mount | grep -c docker",
    );
    assert_eq!(
        out,
        "docker.io/library/nginx:1.21.1\nweb nginx:1.21.1 80/tcp\n1\nweb\n0\n0\nexited 0\nweb\nkept\nweb\n0\n"
    );
}

#[test]
fn history_has_the_sizes_of_the_article() {
    let out =
        fresh("docker pull -q nginx:1.21.1; docker history --format '{{.Size}}' nginx:1.21.1");
    let sizes: Vec<&str> = out.lines().skip(1).collect();
    assert_eq!(
        sizes,
        "0B 0B 0B 0B 4.61kB 1.04kB 1.96kB 1.2kB 63.9MB 0B 0B 0B 0B 0B 69.3MB"
            .split(' ')
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_second_version_moves_only_what_is_new() {
    let out = fresh(
        "docker pull -q nginx:1.21.0; docker pull nginx:1.21.1 | grep -c -e 'Already exists' -e 'Pulling fs'; docker pull nginx:1.21.1 | tail -2; docker pull nginx:1.21.1 | grep -c fs",
    );
    assert_eq!(
        out,
        "docker.io/library/nginx:1.21.0\n6\nStatus: Image is up to date for nginx:1.21.1\ndocker.io/library/nginx:1.21.1\n0\n"
    );
    let first = fresh(
        "docker pull -q nginx:1.21.0 >/dev/null; docker pull nginx:1.21.1 | grep -c 'Already exists'",
    );
    assert_eq!(first, "1\n", "the base: what stands on another layer is another chain");
}

#[test]
fn volumes_outlive_containers_and_begin_with_what_the_image_has() {
    expect(
        "docker run -v data:/etc busybox sh -c 'ls /etc; echo 1 > /etc/mine' 2>/dev/null
         docker run --rm -v data:/v busybox cat /v/mine; docker volume ls -q
         mkdir /host; echo h > /host/f; docker run --rm -v /host:/v:ro busybox sh -c 'cat /v/f; echo x > /v/f'
         docker rm $(docker ps -aq) >/dev/null; docker volume rm data; docker volume ls -q",
        "group\nhostname\nhosts\nlocaltime\nmtab\nnetwork\npasswd\nresolv.conf\nshadow\n1\ndata\nh\n\
         sh: line 1: /v/f: Read-only file system\ndata\n",
    );
}

#[test]
fn a_commit_is_an_image_and_a_tag_moves() {
    let out = fresh(
        "docker run --name cc busybox sh -c 'echo v1 > /version' 2>/dev/null
         docker commit -m first cc app:v1 | cut -c 1-7; docker tag app:v1 app:latest
         docker run --rm app cat /version
         docker history --format '{{.Size}} {{.Comment}}' app | head -1
         docker inspect -f '{{len .RootFS.Layers}}' app
         docker commit cc app:same >/dev/null; docker images -q app | sort -u | wc -l; docker rmi app:v1 app:latest | grep -c Untagged",
    );
    assert_eq!(out, "sha256:\nv1\n3B first\n2\n2\n2\n");
}

#[test]
fn an_image_goes_through_an_archive_unchanged() {
    let out = fresh(
        "docker run --name cc busybox sh -c 'echo v1 > /version; rm /etc/shadow' 2>/dev/null
         docker commit cc app:v1 >/dev/null; ID=$(docker images -q --no-trunc app)
         docker save -o /x.tar app:v1; docker rm cc >/dev/null; docker rmi app:v1 busybox >/dev/null
         ls /var/lib/docker/overlay2; docker load -i /x.tar; [ $(docker images -q --no-trunc app) = $ID ] && echo same
         docker run --rm app:v1 cat /version; docker run --rm app:v1 ls /etc/shadow
         docker save app:v1 | cmp - /x.tar && echo equal; head -c 3000 /x.tar > /y.tar; docker load -i /y.tar",
    );
    let (done, cut) = out.split_once("equal\n").unwrap();
    let missing = "ls: cannot access '/etc/shadow': No such file or directory\n";
    assert_eq!(done, format!("l\nLoaded image: app:v1\nsame\nv1\n{missing}"));
    assert!(cut.starts_with("Error response from daemon: entry \"blobs/sha256/"), "{cut}");
}

/// What a real Docker 20.10 saved, and what it said of it.
#[test]
fn an_archive_of_a_real_docker_is_the_image_that_it_was() {
    let packed = include_bytes!("../../../../tests/images/recorded/docker-20.10.tar.gz");
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut bytes).unwrap();
    let mut machine = Machine::boot();
    let pid = machine.init();
    crate::drivers::files::write(&mut machine.kernel.sys(pid), "/real.tar", &bytes, 0o644).unwrap();
    let loaded = run(&mut machine, "docker load -i /real.tar");
    assert_eq!(loaded, "Loaded image: demo:3\nLoaded image: demo:latest\nLoaded image: demo:1\n");
    let theirs: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/images/recorded/inspect-3.json"))
            .unwrap();
    let ours: serde_json::Value =
        serde_json::from_str(&run(&mut machine, "docker image inspect demo:3")).unwrap();
    for key in ["Id", "Config", "RootFS", "Size", "Architecture", "Created", "Author", "Comment"] {
        assert_eq!(ours[0][key], theirs[0][key], "{key}");
    }
    let sizes = |text: &str| -> Vec<String> {
        let row = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["Size"].to_string()
        };
        text.lines().map(row).collect()
    };
    let history = run(&mut machine, "docker history --no-trunc --format json demo:3");
    let recorded = include_str!("../../../../tests/images/recorded/history-3.json");
    assert_eq!(sizes(&history), sizes(recorded));
    // The merged tree, as umoci unpacked it.
    let tree = run(
        &mut machine,
        "docker create --name view demo:3 >/dev/null; docker cp view:/ /out; cd /out; find . -mindepth 1 -printf '%P %y\n' | \
         sed 's, d$,/,; s, .$,,' | LC_ALL=C sort",
    );
    let init = [
        ".dockerenv",
        "dev/",
        "dev/console",
        "dev/pts/",
        "dev/shm/",
        "etc/",
        "etc/hostname",
        "etc/hosts",
        "etc/mtab",
        "etc/resolv.conf",
        "proc/",
        "sys/",
    ];
    let tree: Vec<&str> = tree.lines().filter(|line| !init.contains(line)).collect();
    let theirs: Vec<&str> =
        include_str!("../../../../tests/images/recorded/files-3.txt").lines().collect();
    assert_eq!(tree, theirs);
}

#[test]
fn everything_can_be_undone() {
    let mut machine = Machine::boot();
    run(
        &mut machine,
        "docker pull -q nginx:1.21.1 >/dev/null; docker run -d --name cc nginx:1.21.1 >/dev/null",
    );
    let before = machine.clone();
    run(&mut machine, "docker rm -f cc; docker rmi nginx:1.21.1");
    assert_eq!(run(&mut machine, "docker ps -aq; docker images -q"), "");
    let mut back = before;
    assert_eq!(
        run(&mut back, "docker ps --format '{{.Names}}'; docker exec cc echo alive"),
        "cc\nalive\n"
    );
}

#[test]
fn an_interrupt_of_the_terminal_does_not_reach_a_detached_container() {
    let mut machine = Machine::boot();
    run(&mut machine, "docker run -d --name cc nginx:1.21.1 >/dev/null 2>&1");
    machine.interrupt();
    assert_eq!(run(&mut machine, "docker ps --format '{{.State}}'"), "running\n");
}

#[test]
fn templates_do_what_go_does() {
    let of = |format: &str| {
        fresh(&format!("docker pull -q busybox >/dev/null; docker inspect -f '{format}' busybox"))
    };
    for (format, output) in [
        ("{{.Os}}/{{.Architecture}}", "linux/amd64\n"),
        ("{{json .Config.Cmd}}", "[\"sh\"]\n"),
        ("{{.Config.Cmd}}", "[sh]\n"),
        ("{{len .RootFS.Layers}}", "1\n"),
        ("{{index .RepoTags 0}}", "busybox:latest\n"),
        (
            "{{range .Config.Env}}{{println .}}{{end}}",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n\n",
        ),
        ("{{if .Author}}a{{else}}none{{end}}", "none\n"),
        ("{{range $i, $t := .RepoTags}}{{$i}}={{$t}}{{end}}", "0=busybox:latest\n"),
        ("{{join .Config.Cmd \"+\"}}{{/* nothing */}}", "sh+\n".trim_end_matches('+')),
        ("{{.GraphDriver.Name | upper}}", "OVERLAY2\n"),
    ] {
        let expected = if format.starts_with("{{join") { "sh\n" } else { output };
        assert_eq!(of(format), expected, "{format}");
    }
    assert!(of("{{.Nope}}").contains("map has no entry for key \"Nope\""));
    assert!(of("{{.Os").contains("unclosed action"));
    assert!(of("{{frob .}}").contains("function \"frob\" not defined"));
}

#[test]
fn a_container_s_object_has_its_keys_in_order() {
    let out = fresh(
        "docker run -d --name cc nginx:1.21.1 2>/dev/null >&2; docker inspect cc | grep -o '^        \"[A-Za-z]*\"' | tr -d ' \"' | tr '\\n' ' '",
    );
    assert_eq!(
        out.trim(),
        "Id Created Path Args State Image ResolvConfPath HostnamePath HostsPath LogPath Name RestartCount Driver \
         Platform MountLabel ProcessLabel AppArmorProfile ExecIDs HostConfig GraphDriver Mounts Config NetworkSettings"
    );
}

#[test]
fn a_container_has_mounts_of_its_own() {
    let out = fresh(
        "mkdir /host; docker run -d -v /host:/v --tmpfs /t --name cc nginx:1.21.1 >/dev/null 2>&1
         mount | grep -c -e ' on /.*/proc ' -e ' on /.*/dev '; mount | grep -c 'type overlay'
         docker exec cc mount | cut -d' ' -f1-5 | sed 's,^/dev/[a-z0-9]*,DISK,'
         docker exec cc sh -c 'ls /; cat /etc/hosts | tail -n 1; cat /etc/hostname' | sed \"s/$(docker ps -q)/ID/\"
         docker rm -f cc; mount | grep -c overlay",
    );
    assert_eq!(
        out,
        "0\n1\noverlay on / type overlay\nproc on /proc type proc\ntmpfs on /dev type tmpfs\n\
         sysfs on /sys type sysfs\nshm on /dev/shm type tmpfs\nDISK on /etc/resolv.conf type ext4\nDISK on /etc/hostname type ext4\n\
         DISK on /etc/hosts type ext4\ntmpfs on /t type tmpfs\nDISK on /v type ext4\n\
         proc on /proc/sys type proc\nbin\nboot\ndev\ndocker-entrypoint.d\ndocker-entrypoint.sh\netc\nhome\n\
         lib\nlib64\nmedia\nmnt\nopt\nproc\nroot\nrun\nsbin\nsrv\nsys\nt\ntmp\nusr\nv\nvar\n\
         172.17.0.2\tID\nID\ncc\n0\n"
    );
}

#[test]
fn addresses_are_given_out_by_the_bridge_and_given_back() {
    let out = fresh(
        "docker run -d --name aa nginx:1.21.1 >/dev/null 2>&1; docker run -d --name bb nginx:1.21.1 >/dev/null
         F='{{.NetworkSettings.IPAddress}} {{.NetworkSettings.MacAddress}}'
         docker inspect -f \"$F\" aa bb; docker stop aa >/dev/null; docker run -d --name cc nginx:1.21.1 >/dev/null
         docker inspect -f \"$F\" aa cc; docker network inspect -f '{{len .Containers}}' bridge",
    );
    assert_eq!(
        out,
        "172.17.0.2 02:42:ac:11:00:02\n172.17.0.3 02:42:ac:11:00:03\n \n172.17.0.2 02:42:ac:11:00:02\n2\n"
    );
}

/// The article's JSON, key for key and kind for kind.
#[test]
fn a_container_s_object_is_the_article_s() {
    let theirs = Json::parse(include_str!("../../../../tests/docker/article-container.json"));
    let ours =
        fresh("docker run -d --name mylayer nginx:1.21.1 >/dev/null 2>&1; docker inspect mylayer");
    let mut wrong = Vec::new();
    same_shape("", &theirs, &Json::parse(&ours), &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Same keys in the same order, same kinds of values.
fn same_shape(at: &str, a: &Json, b: &Json, wrong: &mut Vec<String>) {
    match (a, b) {
        (Json::Map(x), Json::Map(y)) => {
            let keys = |it: &[(String, Json)]| it.iter().map(|it| it.0.clone()).collect::<Vec<_>>();
            if keys(x) != keys(y) {
                wrong.push(format!("{at}: {:?} {:?}", keys(x), keys(y)));
            }
            for (key, value) in x {
                if let Some(other) = b.get(key) {
                    same_shape(&format!("{at}.{key}"), value, other, wrong);
                }
            }
        }
        (Json::List(x), Json::List(y)) => {
            for (x, y) in x.iter().zip(y) {
                same_shape(&format!("{at}[]"), x, y, wrong);
            }
            if x.is_empty() != y.is_empty() {
                wrong.push(format!("{at}: one is empty"));
            }
        }
        (a, b) if std::mem::discriminant(a) == std::mem::discriminant(b) => {}
        (a, b) => wrong.push(format!("{at}: {a} {b}")),
    }
}

#[test]
fn the_data_root_moves_and_the_driver_changes() {
    let out = fresh(
        "mkdir -p /etc/docker; echo '{\"data-root\": \"/data/docker\"}' > /etc/docker/daemon.json
         docker pull -q busybox >/dev/null; ls /data/docker | tr '\\n' ' '; ls /var/lib/docker 2>&1
         dockerd --data-root /x; echo $?; rm /etc/docker/daemon.json
         dockerd --data-root /other --storage-driver vfs 2>/dev/null & sleep 1
         docker info -f '{{.Driver}} {{.DockerRootDir}}'; dockerd; kill %1; wait
         docker info -f '{{.Driver}} {{.DockerRootDir}}'; dockerd -s frob",
    );
    assert_eq!(
        out,
        "containers image network overlay2 tmp volumes ls: cannot access '/var/lib/docker': No such file or \
         directory\nunable to configure the Docker daemon with file /etc/docker/daemon.json: the following \
         directives are specified both as a flag and in the configuration file: data-root: (from flag: /x, from \
         file: /data/docker)\n1\nvfs /other\nfailed to start daemon: pid file found, ensure docker is not \
         running or delete /var/run/docker.pid\noverlay2 /var/lib/docker\nfailed to start daemon: error \
         initializing graphdriver: driver not supported: frob\n"
    );
}

#[test]
fn containerd_s_snapshotter_keeps_the_layers_when_it_is_asked_to() {
    let out = fresh(
        "mkdir -p /etc/docker; echo '{\"features\": {\"containerd-snapshotter\": true}}' > /etc/docker/daemon.json
         docker run -d --name cc nginx:1.21.1 >/dev/null 2>&1; docker exec cc sh -c 'echo x > /new; rm /etc/issue'
         docker info 2>/dev/null | grep -A1 'Storage Driver'; docker inspect -f '{{json .GraphDriver}}' nginx:1.21.1
         cd /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs; ls; ls snapshots | wc -l; ls snapshots/8
         ls -A snapshots/8/fs snapshots/8/fs/etc; mount | grep overlay | sed 's/rootfs.*(/(/' | cut -c 1-150
         cd /var/lib/containerd/io.containerd.content.v1.content/blobs/sha256; ls | wc -l
         for f in *; do [ $(sha256sum < $f | cut -c 1-64) = $f ] || echo bad $f; done 2>&1 | head -3
         docker diff cc; docker commit cc mine | wc -c; docker rm -f cc >/dev/null; docker run --rm mine cat /new
         docker rmi mine nginx:1.21.1 >/dev/null; ls /var/lib/containerd/*snapshotter*/snapshots | wc -l",
    );
    assert_eq!(
        out,
        " Storage Driver: overlayfs\n  driver-type: io.containerd.snapshotter.v1\n\
         {\"Data\":null,\"Name\":\"overlayfs\"}\nmetadata.db\nsnapshots\n8\nfs\nwork\nsnapshots/8/fs:\netc\nnew\n\n\
         snapshots/8/fs/etc:\nissue\noverlay on /var/lib/docker/(rw,relatime,lowerdir=/var/lib/containerd/\
         io.containerd.snapshotter.v1.overlayfs/snapshots/7/fs:/var/lib/containerd/io.cont\n8\nC /etc\n\
         D /etc/issue\nA /new\n72\nx\n0\n"
    );
}

/// What the article finds on a disk with several images of nginx, and how such a disk is made.
#[test]
fn the_article_s_searches_have_seven_and_eleven_hits() {
    let out = fresh(
        "mkdir -p /etc/docker; echo '{\"data-root\": \"/data/var/lib/docker\"}' > /etc/docker/daemon.json
         for it in nginx:1.21.1 nginx:1.21.0 nginx:1.20 nginx:1.18 redis:6 redis:5 postgres:13 postgres:12 mysql:8 \
             mysql:5.7 memcached rabbitmq; do docker pull -q $it >/dev/null; done
         for it in 1 2 3; do
             printf 'FROM debian:buster-slim\\nRUN mkdir -p /usr/local/nginx/sbin && echo %s > /usr/local/nginx/sbin/nginx\\n' $it |
                 docker build -q - >/dev/null
         done
         cd /data/var/lib/docker/overlay2
         tree -P nginx -f | grep '/sbin/nginx' | wc -l
         tree -P docker-entrypoint.sh -f | grep docker-entrypoint.sh | wc -l
         D=$(tree -P nginx -f | grep -c '[./][0-9a-z]\\{25\\}/diff/usr/local/nginx/sbin/nginx'); echo $D
         L=$(docker inspect -f '{{.GraphDriver.Data.LowerDir}}' nginx:1.21.1 | tr : '\\n' | xargs -n1 dirname)
         for it in $L; do ls $it/diff/docker-entrypoint.sh 2>/dev/null; done | wc -l",
    );
    assert_eq!(out, "7\n11\n3\n1\n");
}

#[test]
fn the_root_of_a_container_is_copied_without_a_name() {
    let out = fresh(
        "docker create --name cc busybox >/dev/null 2>&1; mkdir q; docker cp cc:/ q; ls q | head -n 2 | tr '\\n' ' '
         docker cp cc:/ /copy; ls /copy | head -n 1; docker run --rm -u nobody busybox id -un
         docker system df --format '{{.Type}} {{.TotalCount}}' | head -n 1",
    );
    assert_eq!(out, "bin dev bin\nnobody\nImages 1\n");
}

/// containers.md F2 and J2.
#[test]
fn a_container_on_aufs_shows_the_same_and_is_compared_by_its_own_layer() {
    expect(
        "mkdir -p /etc/docker; echo '{\"storage-driver\":\"aufs\"}' > /etc/docker/daemon.json
         docker run --name cc busybox sh -c 'mount | grep \" / \" | sed s/si=[0-9a-f]*/si=N/; df / | tail -1 | cut -c1-4
         echo x > /new; rm /etc/shadow; chmod 700 /tmp; touch /.wh.x' 2>&1 | grep -v -e Pull -e Digest -e Status -e image -e Verifying -e Download
         docker diff cc; docker inspect -f '{{json .GraphDriver}}' cc; docker info 2>/dev/null | grep -A4 'Storage Driver'
         docker commit cc two >/dev/null; docker run --rm two ls /new /etc/shadow; docker rm cc >/dev/null
         ls /var/lib/docker/aufs; mount | grep -c aufs",
        "none on / type aufs (rw,relatime,si=N,dio,dirperm1)\nnone\n\
         touch: setting times of '/.wh.x': Operation not permitted\n\
         C /etc\nD /etc/shadow\nA /new\nC /tmp\n{\"Data\":null,\"Name\":\"aufs\"}\n\
         \x20Storage Driver: aufs\n  Root Dir: /var/lib/docker/aufs\n  Backing Filesystem: extfs\n  Dirs: 3\n\
         \x20 Dirperm1 Supported: true\nls: cannot access '/etc/shadow': No such file or directory\n/new\n\
         diff\nlayers\nmnt\n0\n",
    );
}

/// A terminal that waits for a line is no reason for a container's alarm to come at once.
#[test]
fn a_container_sleeps_on_while_a_prompt_waits() {
    use crate::machine::journal::{Progress, Session};
    let mut session = Session::new(Machine::boot(), "/root");
    let mut type_in = |line: &str| {
        let mut output = Vec::new();
        session.run(line, false);
        while !matches!(session.pump(50, &mut output), Progress::Done(_)) {}
        session.record();
        let bytes: Vec<u8> = output.into_iter().flat_map(|it| it.1).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    type_in("docker run -d --name one busybox sleep 1000");
    let said = type_in("docker ps -a --format {{.Status}}");
    assert!(said.contains("Up "), "{said}");
    type_in("sleep 2000");
    let said = type_in("docker ps -a --format {{.Status}}");
    assert!(said.contains("Exited (0)"), "{said}");
}

#[test]
fn time_flies_for_who_waits_for_a_container() {
    let out = fresh(
        "docker run -d --name cc busybox sleep 100000 >/dev/null 2>&1; date +%s > a; docker stop cc; date +%s > b
         echo $(($(cat b) - $(cat a))); docker run -d --name dd busybox sh -c 'sleep 5000; exit 3' >/dev/null
         docker wait dd; date +%s > c; echo $((($(cat c) - $(cat b)) / 100))",
    );
    assert_eq!(out, "cc\n10\n3\n50\n");
}

#[test]
fn programs_of_images_from_elsewhere_run_by_their_names() {
    let out = fresh(
        r"mkdir -p r/bin r/etc; printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\76\0' > r/bin/busybox
          printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\67\0' > r/bin/arm; cp r/bin/busybox r/bin/mysqld
          chmod +x r/bin/*; ln -s busybox r/bin/sh; ln -s busybox r/bin/cat; echo there > r/etc/f
          printf 'FROM scratch\nCOPY r /\n' | docker build -q -t far -f - . >/dev/null
          docker run --rm far cat /etc/f; docker run --name cc far sh -c 'echo new > /etc/g; cat /etc/f'; docker diff cc
          docker run --rm far mysqld; echo $?; docker run --rm far /bin/arm 2>&1 | grep -o 'exec format error'",
    );
    let stub = "mysqld: not simulated: its file is there, but the program does nothing here\n127\n";
    assert!(
        out.ends_with(&format!("there\nthere\nC /etc\nA /etc/g\n{stub}exec format error\n")),
        "{out}"
    );
}

#[test]
fn a_log_is_followed_until_its_container_ends() {
    // What comes while somebody looks on is told once and in its order, to both streams.
    let loops = "for i in 1 2 3; do echo $i; echo e$i >&2; sleep 2; done; exit 5";
    let out = fresh(&format!(
        "docker run -d --name cc busybox sh -c '{loops}' >/dev/null 2>&1
         docker logs -f cc; date +%s; docker logs cc | tr -d '\\n'; docker wait cc
         docker run -d --name dd busybox sh -c '{loops}' >/dev/null; docker attach dd; echo $?"
    ));
    let (first, rest) = out.split_once("1767").expect("a time");
    assert_eq!(first, "1\ne1\n2\ne2\n3\ne3\n");
    let rest = rest.split_once('\n').expect("its end").1;
    // `sh` says nothing before somebody is attached; the first lines may be gone by then.
    assert!(rest.starts_with("e1\ne2\ne3\n1235\n"), "{rest}");
    assert!(rest.ends_with("2\ne2\n3\ne3\n5\n"), "{rest}");
}

#[test]
fn a_daemon_remembers_256_events_and_undo_takes_them_back() {
    let mut machine = Machine::boot();
    run(&mut machine, "docker pull -q busybox");
    let all = "docker events --since 1970-01-01 --until $(($(date +%s) + 1)) | wc -l";
    assert_eq!(run(&mut machine, all), "1\n");
    let mut before = machine.clone();
    run(&mut machine, "for i in {1..300}; do docker tag busybox b:$i; done");
    assert_eq!(run(&mut machine, all), "256\n");
    assert_eq!(run(&mut before, all), "1\n");
}

#[test]
fn what_a_container_starts_is_in_its_log_and_what_is_started_beside_it_is_not() {
    let out = fresh(
        "docker run -d --name cc busybox sh -c 'sh -c \"echo child\"; echo file > /f; ls /nope; echo to > /dev/stderr; sleep 9' >/dev/null 2>&1
         docker exec cc echo beside; docker logs cc 2>/dev/null; docker logs cc 2>&1 >/dev/null | tr '\\n' '|'",
    );
    assert_eq!(out, "beside\nchild\nls: cannot access '/nope': No such file or directory|to|");
}

#[test]
fn who_is_attached_to_what_does_not_end_has_to_insist() {
    let out = fresh(
        "docker run -d --name cc busybox sleep 1000 >/dev/null 2>&1
         docker attach cc & sleep 1; kill $!; sleep 1; kill $!; sleep 1; echo twice; kill $!; wait $!; echo $?
         docker ps --format '{{.State}}'",
    );
    assert_eq!(out, "twice\n\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n1\nrunning\n");
}

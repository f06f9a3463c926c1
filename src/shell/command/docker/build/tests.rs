mod recorded;

use crate::machine::Machine;

/// Output of a script, errors among it.
fn run(script: &str) -> String {
    let done = Machine::boot().run_script(script.as_bytes());
    let bytes: Vec<u8> = done.events.into_iter().flat_map(|it| it.1).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Times and identifiers of the progress made equal.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        if let Some(at) = line.find("sha256:") {
            line.truncate(at + 7);
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

#[test]
fn the_classic_builder_prints_and_caches_as_recorded() {
    let out = run(
        "export DOCKER_BUILDKIT=0; mkdir /c; cd /c; echo hello > a.txt
         printf 'FROM scratch\\nCOPY a.txt /a.txt\\nENV A=1\\nCMD [\"/a.txt\"]\\n' > Dockerfile
         docker build -t t1 . 2>/dev/null | sed -E 's/[0-9a-f]{12}/ID/'; docker build -q -t t1 . | wc -c
         docker build . 2>/dev/null | grep -c 'Using cache'
         docker history --no-trunc --format '{{.CreatedBy}}|{{.Size}}' t1",
    );
    assert_eq!(
        out,
        "Sending build context to Docker daemon  3.072kB\nStep 1/4 : FROM scratch\n ---> \n\
         Step 2/4 : COPY a.txt /a.txt\n ---> ID\nStep 3/4 : ENV A=1\n ---> Running in ID\n\
         Removing intermediate container ID\n ---> ID\nStep 4/4 : CMD [\"/a.txt\"]\n ---> Running in ID\n\
         Removing intermediate container ID\n ---> ID\nSuccessfully built ID\nSuccessfully tagged t1:latest\n72\n3\n\
         /bin/sh -c #(nop)  CMD [\"/a.txt\"]|0B\n/bin/sh -c #(nop)  ENV A=1|0B\n\
         /bin/sh -c #(nop) COPY file:679c43c79a56cffbb3b002bda3050542c152a2f09757a0f1a9578871f7cda00d in /a.txt |6B\n"
    );
}

/// As docker 20.10.24 did with such files, on another base.
#[test]
fn squashing_makes_one_layer_of_all_that_is_new() {
    let begin = "export DOCKER_BUILDKIT=0; mkdir /c; cd /c
         printf 'FROM debian:buster-slim\\nRUN echo 1 > /one\\nENV B=2\\nRUN rm /one; echo 22 > /two; rm /etc/issue\\n' > Dockerfile
         printf 'FROM debian:buster-slim\\nENV B=3\\n' > Meta
         printf 'FROM scratch\\nCOPY Meta /a\\nCOPY Meta /b\\n' > Scratch
         docker pull -q debian:buster-slim";
    let refused = run(&format!("{begin}\ndocker build --squash -q . ; echo $?"));
    assert_eq!(
        refused.lines().skip(1).collect::<Vec<_>>(),
        [
            "\"--squash\" is only supported on a Docker daemon with experimental features enabled",
            "1"
        ]
    );
    let out = run(&format!(
        "mkdir -p /etc/docker; echo '{{\"experimental\": true}}' > /etc/docker/daemon.json\n{begin}
         docker build --squash -q -t sq . | wc -c; docker build . 2>/dev/null | tail -1 | sed 's/[0-9a-f]*$//'
         docker history --format '{{{{.CreatedBy}}}}|{{{{.Size}}}}|{{{{.Comment}}}}' sq | sed -E 's/[0-9a-f]{{64}}/ID/g'
         docker inspect -f '{{{{len .RootFS.Layers}}}} [{{{{.Parent}}}}] {{{{.Comment}}}}' sq | sed -E 's/[0-9a-f]{{64}}/ID/g'
         docker run --rm sq sh -c 'ls /one /two /etc/issue; echo $B'
         docker save sq > sq.tar; docker rmi sq | wc -l; docker load -i sq.tar
         docker build --squash -q -f Meta -t meta . 2>&1 | sed -E 's/[0-9a-f]{{64}}/ID/g'; docker images -q meta
         docker build --squash -q -f Scratch -t scratched . | wc -c
         docker history --format '{{{{.Size}}}}|{{{{.Comment}}}}' scratched | sed -E 's/[0-9a-f]{{64}}/ID/g'"
    ));
    assert_eq!(
        out,
        "docker.io/library/debian:buster-slim\n72\nSuccessfully built \n\
         |3B|merge sha256:ID to sha256:ID\n/bin/sh -c rm /one; echo 22 > /two; rm /etc/…|0B|\n\
         /bin/sh -c #(nop)  ENV B=2|0B|\n/bin/sh -c echo 1 > /one|0B|\n/bin/sh -c #(nop)  CMD [\"bash\"]|0B|\n\
         /bin/sh -c #(nop) ADD file:4ff85d9f6aa246746…|69.3MB|\n2 [] merge sha256:ID to sha256:ID\n\
         ls: cannot access '/one': No such file or directory\n\
         ls: cannot access '/etc/issue': No such file or directory\n/two\n2\n3\nLoaded image: sq:latest\n\
         error squashing image: error getting tar stream to parent: layer ID 'sha256:ID' is not a parent of the \
         specified layer: cannot provide diff to non-parent\n72\n64B|create new from sha256:ID\n0B|\n0B|\n"
    );
}

#[test]
fn buildkit_tells_its_steps() {
    let out = run("mkdir /c; cd /c; echo hello > a.txt
         printf 'FROM scratch\\nCOPY a.txt /a.txt\\nENV A=1\\nCMD [\"/a.txt\"]\\n' > Dockerfile
         docker build -t t1 .");
    assert_eq!(
        plain(&out),
        "#0 building with \"default\" instance using docker driver\n\n\
         #1 [internal] load build definition from Dockerfile\n#1 transferring dockerfile: 91B done\n#1 DONE 0.0s\n\n\
         #2 [internal] load .dockerignore\n#2 transferring context: 2B done\n#2 DONE 0.0s\n\n\
         #3 [internal] load build context\n#3 transferring context: 38B done\n#3 DONE 0.0s\n\n\
         #4 [1/1] COPY a.txt /a.txt\n#4 DONE 0.0s\n\n\
         #5 exporting to image\n#5 exporting layers done\n#5 writing image sha256:\n\
         #5 naming to docker.io/library/t1 done\n#5 DONE 0.0s\n\n"
    );
}

#[test]
fn a_miss_has_its_reason() {
    let out = run(
        "mkdir /c; cd /c; echo 1 > a; echo 2 > b; echo 3 > d
         file() { printf 'FROM busybox\\nARG V\\nCOPY a b /x/\\nRUN echo %s > /y\\nCOPY d /\\n' \"$1\" > Dockerfile; }
         b() { docker build -t t \"$@\" . 2>/dev/null; docker builder explain | sed 1d | sed -E 's/ +/ /g'; echo; }
         file 1; b >/dev/null; b; touch a; b; chmod 600 b; b; file 2; b; b --build-arg V=7; echo 4 > d; b --build-arg V=7
         b --no-cache; docker builder prune -af >/dev/null; docker rmi -f t >/dev/null; b",
    );
    let step = |name: &str, why: &str| format!("{name} {why} \n").replace("  ", " ");
    let copy = "[2/4] COPY a b /x/";
    let last = "[4/4] COPY d /";
    let hit = |name: &str| step(name, "CACHED");
    let miss = |name: &str, why: &str| format!("{name} built {why}\n");
    let earlier = "a step before it was built anew";
    let all_hits = hit(copy) + &hit("[3/4] RUN echo 1 > /y") + &hit(last) + "\n";
    let expected = [
        all_hits.clone(),
        all_hits,
        miss(copy, "b: its mode was 100644 and is 100600")
            + &miss("[3/4] RUN echo 1 > /y", earlier)
            + &miss(last, earlier)
            + "\n",
        hit(copy)
            + &miss(
                "[3/4] RUN echo 2 > /y",
                "the instruction is new here: it was `RUN echo 1 > /y`",
            )
            + &miss(last, earlier)
            + "\n",
        hit(copy)
            + &miss("[3/4] RUN echo 2 > /y", "ARG V is new: it is 7")
            + &miss(last, earlier)
            + "\n",
        hit(copy)
            + &hit("[3/4] RUN echo 2 > /y")
            + &miss(last, "d: its contents have changed")
            + "\n",
        miss(copy, "--no-cache was given")
            + &miss("[3/4] RUN echo 2 > /y", "--no-cache was given")
            + &miss(last, "--no-cache was given")
            + "\n",
        miss(copy, "nothing like it was built before")
            + &miss("[3/4] RUN echo 2 > /y", "nothing like it was built before")
            + &miss(last, "nothing like it was built before")
            + "\n",
    ];
    assert_eq!(out, expected.concat());
}

#[test]
fn stages_copy_from_each_other_and_content_decides() {
    let out = run(
        "mkdir /c; cd /c; echo 1 > a
         cat > Dockerfile <<'X'
FROM busybox AS make
COPY a /src
RUN cat /src > /made; echo made
FROM busybox AS unused
RUN exit 9
FROM scratch
COPY --from=make /made /bin/tool
X
         docker build -t t . 2>&1 | grep -E 'make|stage|unused'; echo 1 > b; echo '# comment' >> Dockerfile
         sed -i 's/echo made/echo again/' Dockerfile; docker build -t t . 2>&1 | grep -A1 stage-2
         docker build --target unused . 2>&1 | tail -1
         docker history --format '{{.CreatedBy}} {{.Size}}' t; docker save t -o /t.tar; echo $?",
    );
    assert_eq!(
        out.lines().filter(|it| !it.contains("FROM docker.io")).collect::<Vec<_>>().join("\n"),
        "#6 [make 2/3] COPY a /src\n#7 [make 3/3] RUN cat /src > /made; echo made\n\
         #8 [stage-2 1/1] COPY --from=make /made /bin/tool\n#8 [stage-2 1/1] COPY --from=make /made /bin/tool\n#8 CACHED\n\
         ERROR: failed to solve: process \"/bin/sh -c exit 9\" did not complete successfully: exit code: 9\n\
         COPY /made /bin/tool # buildkit 2B\n0"
    );
}

#[test]
fn failures_leave_nothing_behind() {
    let out = run(
        "mkdir /c; cd /c; echo 1 > a; docker pull -q busybox >/dev/null; ls /var/lib/docker/overlay2 | wc -l > /before
         t() { printf \"$1\" > Dockerfile; docker build -t t . 2>&1 | tail -n 1; }
         t 'FROM busybox\\nCOPY nope /x\\n' | sed -E 's/[0-9a-z]{25}/R/g'
         t 'FROM busybox\\nRUN echo x > /y; exit 4\\n'
         t 'FROM busybox\\nRUN [\"nosuch\"]\\n'
         t 'FROM busybox\\nCOPY --chown=who a /x\\n'
         t 'FROM busybox\\nADD http://x/y /\\n'
         t 'FROM nosuch\\n' | cut -c 1-60
         t 'FROM Bad\\n'; t 'FROM $X\\n'; t 'FROM busybox\\nEXPOSE a\\n'; t 'FROM busybox\\nSTOPSIGNAL FOO\\n'
         rm Dockerfile; docker build . 2>&1 | tail -n 1; docker build nowhere; echo $?
         ls /var/lib/docker/overlay2 | wc -l | cmp - /before && mount | grep -c overlay; ls /var/lib/docker/tmp | wc -l",
    );
    assert_eq!(
        out,
        "ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref R::R: \"/nope\": not \
         found\n\
         ERROR: failed to solve: process \"/bin/sh -c echo x > /y; exit 4\" did not complete successfully: exit code: 4\n\
         ERROR: failed to solve: process \"nosuch\" did not complete successfully: exit code: 1\n\
         ERROR: failed to solve: unable to convert uid/gid chown string to host mapping: can't find uid for user who: no \
         such user: who\n\
         ERROR: failed to solve: ADD http://x/y: not simulated: the machine has no network\n\
         ERROR: failed to solve: docker.io/library/nosuch:latest: fai\n\
         ERROR: failed to solve: failed to parse stage name \"Bad\": invalid reference format: repository name (library/Bad) must \
         be lowercase\n\
         ERROR: failed to solve: base name ($X) should not be blank\n\
         ERROR: failed to solve: invalid containerPort: a\nERROR: failed to solve: invalid signal: FOO\n\
         ERROR: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory\n\
         ERROR: unable to prepare context: path \"nowhere\" not found\n1\n0\n0\n"
    );
}

#[test]
fn mounts_of_a_run_are_there_for_it_alone() {
    let out = run(
        "mkdir /c; cd /c; echo in > f; echo word > /secret; echo f2 > g; echo g > .dockerignore
         cat > Dockerfile <<'X'
FROM busybox AS other
RUN echo o > /o
FROM busybox
RUN --mount=type=bind,target=/ctx --mount=from=other,source=/o,target=/o --mount=type=tmpfs,target=/t \
    --mount=type=secret,id=s ls /ctx; cat /o /run/secrets/s; echo t > /t/t; echo b > /ctx/no || echo refused
RUN --mount=type=cache,target=/cc echo $(cat /cc/n 2>/dev/null)1 > /cc/n; cat /cc/n
RUN ls -d /ctx /o /t /run/secrets /cc /tmp 2>/dev/null
X
         docker build --secret id=s,src=/secret -t t . 2>&1 | grep -E '^#[0-9]+ 0\\.' | cut -d ' ' -f 3-
         docker build --no-cache --secret id=s,src=/secret -t t . 2>&1 | grep -E ' 1+$' | cut -d ' ' -f 3-; mount | grep -c docker",
    );
    assert_eq!(
        out,
        "Dockerfile\nf\no\nword\n/bin/sh: line 1: /ctx/no: Read-only file system\nrefused\n1\n/tmp\n11\n0\n"
    );
}

#[test]
fn packages_of_debian_come_from_recorded_lists() {
    let out = run(
        "mkdir /c; cd /c; printf 'FROM debian:bookworm-slim\\nRUN apt-get update && apt-get install -y nginx tree\\n' > Dockerfile
         docker build -t t . 2>&1 | grep -E 'layerglass|newly|Setting up nginx \\('
         docker history --format '{{.Size}}' t; docker run --rm t nginx -v 2>&1
         docker run --rm t sh -c 'tree /etc/nginx | tail -n 1; grep -c ^/ /var/lib/dpkg/info/nginx.list; ss; tail -n 6 /var/lib/dpkg/status'
         i() { printf \"FROM debian:buster-slim\\nRUN $1\\n\" > Dockerfile; docker build . 2>&1 | grep -E '^#5 .*E: '; }
         i 'apt-get install -y nginx'; i 'apt-get update && apt-get install -y zsh'; apt-get update; echo $?",
    );
    let without_numbers = |text: &str| {
        let word = |it: &str| it.parse::<f64>().is_err();
        text.split(' ').filter(|it| word(it)).collect::<Vec<_>>().join(" ")
    };
    let out: Vec<String> = out.lines().map(without_numbers).collect();
    assert_eq!(
        out.join("\n"),
        "#5 layerglass: no network: file lists recorded from Debian (bookworm) main amd64 on 2026-11-26; contents are \
         generated\n#5 upgraded, newly installed, to remove and not upgraded.\n\
         #5 layerglass: no network: file lists recorded from Debian (bookworm) main amd64 on 2026-11-26; contents are \
         generated\n#5 Setting up nginx (1.22.1-9+deb12u9) ...\n64.1MB\n74.8MB\nnginx version: nginx/1.21.1\n\
         directories, files\n\nss: not simulated: its file is there, but the program does nothing here\n\
         Package: tree\nStatus: install ok installed\nInstalled-Size:\nArchitecture: amd64\nVersion: 2.1.0-1\n\n\
         #5 E: Unable to locate package nginx\n#5 E: Unable to locate package zsh\n\
         apt-get: not simulated: the machine has every command it can run\n"
    );
}

#[test]
fn the_cache_is_counted_and_pruned() {
    let out = run(
        "mkdir /c; cd /c; printf 'FROM scratch\\nCOPY a /a\\nCOPY b /b\\n' > Dockerfile; echo one > a; echo four > b
         df() { docker system df --format '{{.Type}} {{.TotalCount}} {{.Size}} {{.Reclaimable}}' | grep -e Cache -e Images; }
         docker build -q -t t . >/dev/null; df; docker buildx du | tail -n 4 | tr -s '\\t' ' '
         docker rmi t >/dev/null; df; docker builder prune -f | tail -n 1; df
         docker build -q -t t . >/dev/null; echo n | docker system prune -a | tail -n 1; df
         docker rmi t > /dev/null; docker system prune -f | sed -n '1p;$p'; df",
    );
    let kept = "Images 1 9B 9B (100%)\nBuild Cache 2 0B 0B\n";
    let loose = "Images 0 0B 0B\nBuild Cache 2 9B 9B\n";
    let none = "Images 0 0B 0B\nBuild Cache 0 0B 0B\n";
    let du = "Shared: 9B\nPrivate: 0B\nReclaimable: 9B\nTotal: 9B\n";
    let asked = "Are you sure you want to continue? [y/N] ";
    let pruned = "Deleted build cache objects:\nTotal reclaimed space: 9B\n";
    let expected = format!("{kept}{du}{loose}Total:\t9B\n{none}{asked}{kept}{pruned}{none}");
    assert_eq!(out, expected);
}

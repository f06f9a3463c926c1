use super::*;

fn sh(text: &str) -> (String, i32) {
    let o = Machine::boot().run_script(text.as_bytes());
    let all: Vec<u8> = o.events.into_iter().flat_map(|e| e.1).collect();
    (String::from_utf8_lossy(&all).into_owned(), o.status)
}

#[test]
fn scripts_run() {
    assert_eq!(sh("echo hello $((1+2))"), ("hello 3\n".into(), 0));
    assert_eq!(sh("x=$(echo a; echo b); echo \"$x\" | cat; exit 3"), ("a\nb\n".into(), 3));
    assert_eq!(sh("foo"), ("bash: line 1: foo: command not found\n".into(), 127));
    assert_eq!(sh("for i in 1 2 3; do echo $i > f$i; done; cat f*"), ("1\n2\n3\n".into(), 0));
    assert_eq!(sh("yes | head -n 1; echo ${PIPESTATUS[@]}"), ("y\n141 0\n".into(), 0));
    assert_eq!(sh("sleep 100 & wait; echo $?"), ("0\n".into(), 0));
}

#[test]
fn a_loop_stops_at_an_interrupt() {
    let mut m = Machine::boot();
    let pid = m.start(&[b"bash".to_vec(), b"-c".to_vec(), b"while true; do :; done".to_vec()]);
    assert_eq!(m.run(Some(pid), 50), Ran::More);
    let copy = m.clone();
    m.interrupt();
    assert_eq!(m.run(Some(pid), 50), Ran::Over);
    assert_eq!(m.status(pid), Some(130));
    assert_eq!(copy.status(pid), None);
}

/// Runs a script for a bounded while; whatever it is, the machine is still there afterwards.
fn survives(text: &[u8]) {
    let mut m = Machine::boot();
    m.feed(b"");
    let pid = m.start(&[b"bash".to_vec(), b"-c".to_vec(), text.to_vec()]);
    for _ in 0..8 {
        let over = matches!(m.run(Some(pid), 20), Ran::Over | Ran::Waiting | Ran::Empty);
        m.take_output();
        if over {
            break;
        }
    }
    m.interrupt();
    m.run(Some(pid), 20);
}

#[test]
fn hostile_scripts_are_bounded() {
    let deep = |open: &str, close: &str| [open.repeat(2_000), close.repeat(2_000)].concat();
    let all = [
        "echo {1..1000000000}".to_owned(),
        "f() { f; }; f".into(),
        "f() { f | f & }; f".into(),
        "x=a; while :; do x+=$x; done".into(),
        "printf '%1000000000d' 1".into(),
        "a[999999999999]=1; echo ${#a[@]}".into(),
        "trap --; trap -; trap".into(),
        "echo '. ./x' > x; . ./x".into(),
        format!("cat <<E\n{}\nE", "line\n".repeat(100_000)),
        format!("echo $(( {} 1 ))", "-".repeat(20_000)),
        format!("echo $(( {} 1 {} ))", "(".repeat(2_000), ")".repeat(2_000)),
        format!("[[ {} a ]]", "! ".repeat(20_000)),
        format!("[[ {} a ]]", "( ".repeat(20_000)),
        format!("test {} a", "! ".repeat(20_000)),
        format!("test {} a", "\\( ".repeat(20_000)),
        format!("find . {} -name x", "! ".repeat(20_000)),
        deep("echo $((", "))"),
        deep("echo ${a:-", "}"),
        deep("$(", ")"),
        deep("\"$(", ")\""),
        deep("(", ")"),
        deep("{ ", "; }"),
        deep("if true; then ", "; fi"),
        deep("[[ a =~ (", ") ]]"),
        format!(
            "shopt -s extglob\ncase a in {}b{}) ;; esac",
            "+(".repeat(2_000),
            ")".repeat(2_000)
        ),
    ];
    // The stack of a process's first thread: frames of an unoptimised build are large.
    let run = move || all.iter().for_each(|it| survives(it.as_bytes()));
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(run).unwrap();
    thread.join().unwrap();
}

/// Bytes at random, and pieces of the shell's grammar in any order.
#[test]
fn garbage_does_no_harm() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % end
    };
    let pieces = [
        "if", "then", "fi", "for", "in", "do", "done", "case", "esac", "{", "}", "(", ")", "((",
        "))", "[[", "]]", "|", "&&", ";;", ";", "\n", "'", "\"", "`", "$(", "${", "$((", "a", "=",
        "<<E", "E\n", "<(", "3>&", "\\", "$'", "*", "!", "a[", "]", "function", "f()", "coproc",
        "time", "trap", "--", "-", "read", "local", "declare", "-A", "x=(", "printf", "%s", "exec",
        "eval", "#", "@", ":-", "//", "{1..9}", " ", " ", "\u{e9}",
    ];
    for _ in 0..400 {
        let bytes: Vec<u8> = match draw(2) {
            0 => (0..draw(60)).map(|_| draw(256) as u8).filter(|b| *b != 0).collect(),
            _ => (0..draw(30)).flat_map(|_| pieces[draw(pieces.len())].bytes()).collect(),
        };
        survives(&bytes);
    }
}

/// What a script costs on a machine that some others have run on.
fn cost(machine: &mut Machine, script: &str) -> crate::types::Meter {
    let before = machine.kernel.disks.meter();
    let done = machine.run_script(script.as_bytes());
    assert_eq!(done.status, 0, "{script}: {}", String::from_utf8_lossy(&done.stderr()));
    machine.kernel.disks.meter().since(before)
}

#[test]
fn a_union_copies_the_whole_file_once_and_the_meter_says_so() {
    const SIZE: u64 = 8 << 20;
    let mut machine = Machine::boot();
    cost(&mut machine, "mkdir -p /l /u /w /m && head -c 8M /dev/urandom > /l/big");
    cost(&mut machine, "mount -t overlay overlay -o lowerdir=/l,upperdir=/u,workdir=/w /m");
    let reading = cost(&mut machine, "cat /m/big > /dev/null");
    assert_eq!((reading.read >= SIZE, reading.copied, reading.allocated), (true, 0, 0));
    let byte = "printf x | dd of=/m/big bs=1 seek=1000 conv=notrunc status=none";
    let first = cost(&mut machine, byte);
    assert_eq!(first.copied, SIZE);
    assert_eq!(first.written, SIZE + 1);
    assert!((SIZE..SIZE + 16384).contains(&first.allocated), "{first:?}");
    let undone = machine.clone();
    let second = cost(&mut machine, byte);
    assert_eq!((second.copied, second.allocated, second.written), (0, 0, 1));
    let total = machine.kernel.disks.meter();
    assert_eq!(undone.kernel.disks.meter().plus(second), total, "undo takes the costs back");
    let ended = cost(&mut machine, "umount /m");
    assert_eq!(ended.copied, 0);
    assert_eq!(
        machine.kernel.disks.meter().copied,
        total.copied,
        "what is unmounted is remembered"
    );
}

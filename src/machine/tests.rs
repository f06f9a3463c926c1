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

//! Random system calls on plain file systems, simulated and real: see `syscalls/live.rs`.

#[cfg(target_os = "linux")]
#[path = "syscalls/live.rs"]
mod live;
#[cfg(target_os = "linux")]
#[path = "syscalls/ops.rs"]
mod ops;

fn main() {
    #[cfg(target_os = "linux")]
    live::main();
    #[cfg(not(target_os = "linux"))]
    println!("ignored: this system has no Linux\ntest result: ok. 0 passed; 0 failed; 1 ignored");
}

//! The simulated ext4 and tmpfs against real ones: see `memfs_live/live.rs`.

#[cfg(target_os = "linux")]
#[path = "memfs_live/live.rs"]
mod live;
#[cfg(target_os = "linux")]
#[path = "memfs_live/ops.rs"]
mod ops;
#[cfg(target_os = "linux")]
#[path = "memfs_live/real.rs"]
mod real;
#[cfg(target_os = "linux")]
#[path = "memfs_live/simulated.rs"]
mod simulated;

fn main() {
    #[cfg(target_os = "linux")]
    live::main();
    #[cfg(not(target_os = "linux"))]
    println!("ignored: this system has no Linux\ntest result: ok. 0 passed; 0 failed; 1 ignored");
}

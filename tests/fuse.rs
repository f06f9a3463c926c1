//! The engine mounted by FUSE, compared with the real kernel's overlay: see `mounted/`.
//!
//! Needs /dev/fuse and the right to mount; `LAYERGLASS_FUSE_TREE=5000` sets how many files the big
//! tree has (300 if unset).

#![cfg_attr(not(all(target_os = "linux", feature = "fuse")), allow(unused))]

#[cfg(all(target_os = "linux", feature = "fuse"))]
#[path = "mounted/bed.rs"]
mod bed;
#[path = "live/ground.rs"]
mod ground;
#[cfg(all(target_os = "linux", feature = "fuse"))]
#[path = "mounted/machine.rs"]
mod machine;
#[cfg(all(target_os = "linux", feature = "fuse"))]
#[path = "mounted/manifest.rs"]
mod manifest;
#[cfg(all(target_os = "linux", feature = "fuse"))]
#[path = "mounted/union.rs"]
mod union;
#[cfg(all(target_os = "linux", feature = "fuse"))]
#[path = "mounted/user.rs"]
mod user;

#[cfg(all(target_os = "linux", feature = "fuse"))]
fn main() -> std::process::ExitCode {
    use libtest_mimic::{Arguments, Trial};
    let mut args = Arguments::from_args();
    let tests: Vec<(&str, fn())> = [machine::TESTS, union::TESTS].concat();
    let trials = match bed::in_own_namespace() {
        Ok(()) => tests
            .into_iter()
            .map(|(name, run)| {
                Trial::test(name, move || {
                    run();
                    Ok(())
                })
            })
            .chain(user::trials())
            .collect(),
        Err(why) => {
            tests.iter().map(|(name, _)| ground::absent(*name, why.clone())).collect::<Vec<_>>()
        }
    };
    println!("on {}", ground::kernel());
    // Mounts and big trees: one after the other.
    args.test_threads = args.test_threads.or(Some(1));
    libtest_mimic::run(&args, trials).exit_code()
}

#[cfg(not(all(target_os = "linux", feature = "fuse")))]
fn main() {
    println!("ignored: no FUSE here\ntest result: ok. 0 passed; 0 failed; 1 ignored");
}

//! Asks the linker for what `cargo xtask` divides the page's programs by (`xtask/src/split/data.rs`): each constant
//! as a segment of its own, and the list of all places that name one (wasm-opt warns that it does not understand that list,
//! and keeps it).

/// The programs that come in two parts.
const DIVIDED: &[&str] = &["layerglass-www", "machine", "machine-full"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|it| it == value);
    // Only those that are made small are divided.
    if !is("CARGO_CFG_TARGET_FAMILY", "wasm") || !is("OPT_LEVEL", "z") {
        return;
    }
    for program in DIVIDED {
        for arg in ["--no-merge-data-segments", "--emit-relocs"] {
            println!("cargo::rustc-link-arg-bin={program}={arg}");
        }
    }
}

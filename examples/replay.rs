//! Replays what Linux was recorded to do and says whether the engine does the same:
//! `cargo run --example replay --features testing -- tests/corpus/*/*.trace`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    if paths.is_empty() {
        eprintln!("usage: replay TRACE...");
        return ExitCode::from(2);
    }
    let mut different = 0;
    for path in &paths {
        let said = std::fs::read_to_string(path)
            .map_err(|why| why.to_string())
            .and_then(|text| layerglass::port::replayed(&text));
        match said {
            Ok(()) => println!("same {path}"),
            Err(why) => {
                different += 1;
                println!("DIFFERENT {path}: {why}");
            }
        }
    }
    println!("{} of {} the same", paths.len() - different, paths.len());
    if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

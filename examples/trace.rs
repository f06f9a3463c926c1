//! Mounts an overlay on a simulated machine, deletes a file of its lower layer, and prints what the engine
//! did and by which rules: `cargo run --example trace`.

use layerglass::machine::Machine;
use layerglass::trace::Step;

fn main() {
    let mut machine = Machine::boot();
    machine.run_script(
        b"cd /srv && mkdir lower upper work merged && echo hello > lower/a &&
        mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged",
    );
    machine.kernel.trace.set_on(true);
    let outcome = machine.run_script(b"rm /srv/merged/a && ls -l /srv/upper");
    for step in machine.kernel.trace.take() {
        match step {
            Step::Lookup { path, layer, verdict, rule, .. } => {
                println!(
                    "  look for {path} in {layer:?}: {verdict:?} ({}: {})",
                    rule.id(),
                    rule.sentence()
                );
            }
            Step::Decide { path, rule, .. } => {
                println!("  {path}: {} ({})", rule.sentence(), rule.id())
            }
            Step::Write { layer, path, write, .. } => {
                println!("  write {layer:?} {path}: {write:?}")
            }
            Step::Begin { verb, path, .. } => println!("{verb:?} {path}"),
            _ => {}
        }
    }
    print!("{}", String::from_utf8_lossy(&outcome.stdout()));
    assert_eq!(outcome.status, 0, "{}", String::from_utf8_lossy(&outcome.stderr()));
}

//! Builds an image on a simulated machine, saves it as an archive that a real Docker can load, and says what
//! each of its layers holds: `cargo run --example image [ARCHIVE]`.

use layerglass::machine::{Machine, journal::read_whole};

const SCRIPT: &[u8] = b"
    mkdir /srv/app && cd /srv/app
    echo 'hello from a layer' > hello
    cat > Dockerfile <<'END'
FROM busybox
COPY hello /hello
RUN rm /etc/passwd && mkdir /data
CMD [\"cat\", \"/hello\"]
END
    docker build -q -t hello . > /dev/null &&
    docker run --rm hello &&
    docker history --format '{{.Size}}\\t{{.CreatedBy}}' hello &&
    docker save -o /srv/hello.tar hello
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut machine = Machine::boot();
    let outcome = machine.run_script(SCRIPT);
    print!("{}", String::from_utf8_lossy(&outcome.stdout()));
    if outcome.status != 0 {
        return Err(String::from_utf8_lossy(&outcome.stderr()).into_owned().into());
    }
    let init = machine.init();
    let archive = read_whole(&mut machine.kernel.sys(init), b"/srv/hello.tar")?;
    println!("hello.tar: {} bytes", archive.len());
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(&path, archive)?;
        println!("written to {path}: docker load -i {path}");
    }
    Ok(())
}

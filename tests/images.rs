//! `layerglass image` against recorded and present truth.
//!
//! `tests/images/recorded` holds archives that Docker 20.10 and skopeo 1.9 wrote, what Docker said
//! of them, and the files that umoci 0.4 unpacked. Where skopeo and umoci are installed, what we
//! write goes through them. The test of a large image is for demand: `-- --ignored`.

#[path = "images/big.rs"]
mod big;
#[path = "images/formats.rs"]
mod formats;
#[path = "images/tools.rs"]
mod tools;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

type Done = Result<(), Failed>;

/// What the program printed, if it ended well.
fn image(args: &[&str]) -> Result<String, Failed> {
    let done = Command::new(env!("CARGO_BIN_EXE_layerglass")).arg("image").args(args).output()?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
    }
    Ok(String::from_utf8(done.stdout)?)
}

/// What the program complained, if it did not.
fn complaint(args: &[&str], status: i32) -> Result<String, Failed> {
    let done = Command::new(env!("CARGO_BIN_EXE_layerglass")).arg("image").args(args).output()?;
    if done.status.code() != Some(status) || !done.stdout.is_empty() {
        return Err(format!("{args:?}: {done:?}").into());
    }
    Ok(String::from_utf8(done.stderr)?)
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(ours: &T, theirs: &T, what: &str) -> Done {
    if ours == theirs {
        Ok(())
    } else {
        Err(format!("{what}: {ours:?}, expected {theirs:?}").into())
    }
}

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images/recorded").join(name)
}

/// A recorded archive with the image that is meant.
fn archive(name: &str, tag: &str) -> String {
    format!("{}#{tag}", recorded(name).display())
}

/// The same image in every form that was recorded.
const FORMS: [(&str, &str); 4] = [
    ("docker-20.10.tar.gz", "demo:3"),
    ("gzip.tar.gz", "three"),
    ("zstd.tar.gz", "three"),
    ("chunked.tar.gz", "three"),
];

fn lines(name: &str) -> Result<Vec<Value>, Failed> {
    let text = std::fs::read_to_string(recorded(name))?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// Rows as Docker said them: identifiers beyond the first are only known where an image was built.
fn history() -> Done {
    for (form, tag, name) in [
        ("docker-20.10.tar.gz", "demo:3", "history-3.json"),
        ("docker-20.10.tar.gz", "demo:1", "history-1.json"),
        ("chunked.tar.gz", "three", "history-3.json"),
    ] {
        let theirs = lines(name)?;
        let ours = image(&["history", "--json", &archive(form, tag)])?;
        let ours: Vec<Value> = ours.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        same(&ours.len(), &theirs.len(), "rows")?;
        for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            for key in ["CreatedBy", "Size", "Comment"] {
                same(&ours[key], &theirs[key], key)?;
            }
            // skopeo writes the configuration anew.
            let is_docker_s = form.starts_with("docker");
            let id = match at {
                0 if is_docker_s => theirs["ID"].clone(),
                0 => ours["ID"].clone(),
                _ => "<missing>".into(),
            };
            same(&ours["ID"], &id, "ID")?;
        }
    }
    Ok(())
}

/// The table in Docker's layout, but for the age.
fn history_table() -> Done {
    let text = image(&["history", &archive("docker-20.10.tar.gz", "demo:3")])?;
    let rows: Vec<&str> = text.lines().collect();
    same(&rows[0].starts_with("IMAGE          CREATED"), &true, "heading")?;
    let by = rows[2].find("-c rm /www/two; rm -r /www/old; mkdir /www/o…   70kB      some changes");
    same(&by.is_some(), &true, rows[2])
}

/// Everything in which an archive and a daemon that has loaded it must agree.
fn inspect() -> Done {
    for (tag, name) in [("demo:3", "inspect-3.json"), ("demo:1", "inspect-1.json")] {
        let theirs: Value = serde_json::from_str(&std::fs::read_to_string(recorded(name))?)?;
        let ours = image(&["inspect", &archive("docker-20.10.tar.gz", tag)])?;
        let ours: Value = serde_json::from_str(&ours)?;
        let keys = [
            "Id",
            "RepoTags",
            "RepoDigests",
            "Comment",
            "Created",
            "DockerVersion",
            "Author",
            "Config",
            "Architecture",
            "Os",
            "Size",
            "RootFS",
        ];
        for key in keys {
            same(&ours[0][key], &theirs[0][key], key)?;
        }
    }
    Ok(())
}

fn files() -> Done {
    let theirs = std::fs::read_to_string(recorded("files-3.txt"))?;
    for (form, tag) in FORMS {
        same(&image(&["files", &archive(form, tag)])?, &theirs, form)?;
    }
    Ok(())
}

fn forms_agree() -> Done {
    for (form, tag) in FORMS {
        let ours = image(&["inspect", &archive(form, tag)])?;
        let ours: Value = serde_json::from_str(&ours)?;
        let theirs: Value =
            serde_json::from_str(&std::fs::read_to_string(recorded("inspect-3.json"))?)?;
        same(&ours[0]["RootFS"], &theirs[0]["RootFS"], form)?;
        same(
            &image(&["diff", &archive(FORMS[0].0, FORMS[0].1), &archive(form, tag)])?,
            &String::new(),
            form,
        )?;
    }
    Ok(())
}

fn waste_and_secrets() -> Done {
    let waste: Value =
        serde_json::from_str(&image(&["waste", "--json", &archive("zstd.tar.gz", "three")])?)?;
    let of: Vec<String> = (waste["files"].as_array().into_iter().flatten())
        .map(|it| {
            format!(
                "{} {} {}",
                it["bytes"],
                it["path"].as_str().unwrap_or(""),
                it["reason"].as_str().unwrap_or("")
            )
        })
        .collect();
    let expected = [
        "70000 www/big copied-for-metadata",
        "36 root/.ssh/id_rsa whited-out",
        "9 www/one shadowed",
        "6 www/old/link whited-out",
        "5 www/old/sub/deep whited-out",
        "4 www/one shadowed",
        "4 www/two whited-out",
        "2 www/old/z whited-out",
    ];
    let of: Vec<&str> = of.iter().map(String::as_str).collect();
    same(&of, &expected.to_vec(), "waste")?;
    let secrets = image(&["secrets", &archive("gzip.tar.gz", "three")])?;
    let hidden = "layer 4: /root/.ssh/id_rsa (OpenSSH private key), hidden by a higher layer and still there";
    same(&secrets.contains(hidden), &true, &secrets)?;
    same(&secrets.contains("configuration: TOKEN"), &true, &secrets)
}

fn complaints() -> Done {
    let several = complaint(&["files", &recorded("docker-20.10.tar.gz").display().to_string()], 1)?;
    same(&several.contains("choose one with"), &true, &several)?;
    same(&several.contains("demo:3, demo:latest, demo:1"), &true, &several)?;
    let none = complaint(&["ls", "/nowhere"], 1)?;
    same(&none.as_str(), &"layerglass image: /nowhere: no such file\n", "missing")?;
    let odd = complaint(&["files", &archive("gzip.tar.gz", "five")], 1)?;
    same(&odd.contains("no image five; there are: three, four"), &true, &odd)?;
    let layer = complaint(&["files", "--layer", "9", &archive("gzip.tar.gz", "three")], 2)?;
    same(&layer.contains("there is no layer 9: the image has 6"), &true, &layer)?;
    complaint(&["files"], 2).map(|_| ())
}

/// A folder is an archive too.
fn folders() -> Done {
    let packed = std::fs::File::open(recorded("gzip.tar.gz"))?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes)?;
    let dir = tools::scratch("folder")?;
    tools::unpack(&bytes, &dir)?;
    let theirs = std::fs::read_to_string(recorded("files-3.txt"))?;
    same(&image(&["files", &format!("{}#three", dir.display())])?, &theirs, "folder")
}

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let mut trials = vec![
        Trial::test("history_is_docker_s", history),
        Trial::test("history_table_is_docker_s", history_table),
        Trial::test("inspect_is_docker_s", inspect),
        Trial::test("files_are_umoci_s", files),
        Trial::test("every_form_is_the_same_image", forms_agree),
        Trial::test("waste_and_secrets_are_named", waste_and_secrets),
        Trial::test("complaints_say_what_is_wrong", complaints),
        Trial::test("a_folder_is_an_archive", folders),
    ];
    trials.extend(tools::trials());
    trials.extend(formats::trials());
    trials.extend(big::trials());
    libtest_mimic::run(&args, trials).exit_code()
}

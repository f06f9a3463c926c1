//! `layerglass picture`: what a machine looks like, as an SVG.

use layerglass::port::{Ask, Past, Server, Tell, ToMachine};
use layerglass::scenario::{self, Scenario};
use layerglass::share::{self, Shared, Start};
use layerglass::view::{View, svg};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// Scenario files; each is drawn where something is mounted for the first time
    #[arg(value_name = "SCENARIO", required_unless_present_any = ["commands", "link"])]
    files: Vec<PathBuf>,
    /// Commands on an empty machine
    #[arg(short, value_name = "CMDS", conflicts_with_all = ["files", "link"])]
    commands: Option<String>,
    /// What a share link without a built-in lesson leads to
    #[arg(long, conflicts_with = "files")]
    link: Option<String>,
    /// Language of the words on it
    #[arg(long, default_value = "en", value_parser = ["en", "zh"])]
    lang: String,
    /// Where the live one is: an address that the picture links to
    #[arg(long, default_value = "")]
    live: String,
    /// Write `ID.en.svg` and `ID.zh.svg` for each scenario into this folder
    #[arg(long, value_name = "DIR", requires = "files")]
    out: Option<PathBuf>,
}

pub fn run(args: &Args) -> ExitCode {
    match draw(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("layerglass picture: {why}");
            ExitCode::FAILURE
        }
    }
}

fn draw(args: &Args) -> Result<(), String> {
    if args.files.is_empty() {
        let shared = match (&args.link, &args.commands) {
            (Some(link), _) => share::open(link).map_err(|it| it.to_string())?,
            (None, commands) => of_commands(commands.as_deref().unwrap_or_default()),
        };
        let (text, title) = match shared.start {
            Start::Blank => (scenario::BLANK.to_owned(), "Layerglass".to_owned()),
            Start::Inline(ref text) => (text.clone(), "Layerglass".to_owned()),
            Start::Lab(ref id) => {
                return Err(format!(
                    "the link begins with the lesson {id}: open it in the lab, or give its file"
                ));
            }
        };
        return print(&picture(&made(&text, &shared), &title, args.lang == "zh", &args.live));
    }
    for file in &args.files {
        of_file(file, args).map_err(|why| format!("{}: {why}", file.display()))?;
    }
    Ok(())
}

fn of_commands(text: &str) -> Shared {
    let lines = layerglass::port::lines::commands(text);
    let past = lines.into_iter().map(|line| Past { line, given: Vec::new() }).collect();
    Shared { past, ..Shared::default() }
}

fn of_file(file: &Path, args: &Args) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|it| it.to_string())?;
    let scenario = scenario::parse(&text).map_err(|it| format!("line {it}"))?;
    let view = first_mount(&text, &scenario);
    let Some(dir) = &args.out else {
        let title = scenario.title.in_language(&args.lang);
        return print(&picture(&view, title, args.lang == "zh", &args.live));
    };
    std::fs::create_dir_all(dir).map_err(|it| it.to_string())?;
    for lang in ["en", "zh"] {
        let text = picture(&view, scenario.title.in_language(lang), lang == "zh", &args.live);
        let path = dir.join(format!("{}.{lang}.svg", scenario.id));
        std::fs::write(&path, text).map_err(|it| format!("{}: {it}", path.display()))?;
    }
    Ok(())
}

fn picture(view: &View, title: &str, chinese: bool, link: &str) -> String {
    let frame = svg::Frame { title: title.to_owned(), chinese, link: link.to_owned() };
    svg::picture(view, None, &frame)
}

fn print(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|it| it.to_string())
}

/// Asks and waits until all is answered; whether a command needed somebody at the keyboard.
fn ask(server: &mut Server, ask: Ask) {
    server.ask(ToMachine { id: 1, ask });
    loop {
        let (tells, more) = server.pump();
        // Nobody is there to type.
        if tells.iter().any(|it| matches!(it.tell, Tell::Waiting { .. } | Tell::Edit { .. })) {
            server.ask(ToMachine { id: 2, ask: Ask::Interrupt });
        } else if !more {
            return;
        }
    }
}

/// The machine that a link or commands lead to.
fn made(text: &str, shared: &Shared) -> View {
    let mut server = Server::new();
    let at = shared.at.unwrap_or(shared.past.len());
    let (scenario, past) = (text.to_owned(), shared.past.clone());
    ask(&mut server, Ask::Restore { scenario, past, at });
    server.view()
}

/// A lesson as far as its answers lead to a mount; its start if they never do.
fn first_mount(text: &str, scenario: &Scenario) -> View {
    let mut server = Server::new();
    ask(&mut server, Ask::Load { scenario: text.to_owned() });
    let start = server.view();
    for step in &scenario.steps {
        for line in layerglass::port::lines::commands(&step.answer) {
            if !server.view().mounts.is_empty() {
                return server.view();
            }
            ask(&mut server, Ask::Run { line });
        }
    }
    let view = server.view();
    if view.mounts.is_empty() { start } else { view }
}

//! What can be done with a path, by mouse or touch: each action stands beside the command that it
//! types.

use super::dialogs::title;
use crate::lab::{Lab, short_path};
use crate::state::{Action, Dialog, below};
use layerglass::types::FileType;
use yew::prelude::*;

pub enum Do {
    Run(String),
    /// A text is needed first; `{}` stands for it.
    Ask {
        label: &'static str,
        command: String,
        initial: String,
    },
    Trace,
}

struct Subject {
    /// As one would type it.
    name: String,
    /// The directory that it is in, as one would type it.
    beside: String,
    /// Its own name.
    base: String,
    is_dir: bool,
    /// Something is mounted on it.
    is_mount: bool,
    /// It is seen through an overlay.
    in_mount: bool,
}

impl Subject {
    fn new(lab: &Lab, path: &str) -> Subject {
        let parent = path.rsplit_once('/').map_or("", |it| it.0);
        let parent = if parent.is_empty() { "/" } else { parent };
        let row = lab.view.tree.iter().find(|row| row.path == path);
        Subject {
            name: short_path(path, &lab.view.cwd),
            beside: short_path(parent, &lab.view.cwd),
            base: path.rsplit('/').next().unwrap_or_default().to_owned(),
            is_dir: is_dir(lab, path),
            is_mount: lab.view.mounts.iter().any(|it| it.target == path)
                || row.is_some_and(|it| it.mounted.is_some()),
            in_mount: lab.view.mounts.iter().any(|it| below(path, &it.target).is_some()),
        }
    }

    /// A path in this directory whose last part is asked for.
    fn inside(&self, command: &str) -> String {
        format!("{command} {}/{{}}", self.name.trim_end_matches('/'))
    }
}

/// The list of actions, in a dialog.
pub fn actions(lab: &Lab, path: &str) -> Html {
    let subject = Subject::new(lab, path);
    html! {
        <>
        { title(lab, path.to_owned()) }
        <ul class="action-list" aria-label={format!("{} {path}", lab.t().act_of)}>
            { for list(lab, &subject).into_iter().map(|(label, what)| action(lab, path, label, what)) }
            if !subject.is_dir { { fetch(lab, path) } }
        </ul>
        </>
    }
}

fn list(lab: &Lab, it: &Subject) -> Vec<(&'static str, Do)> {
    let t = lab.t();
    let name = &it.name;
    let mut list: Vec<(&'static str, Do)> = Vec::new();
    if it.in_mount {
        list.push((t.act_trace, Do::Trace));
    }
    list.extend(if it.is_dir { of_directory(lab, it) } else { of_file(lab, it) });
    list.push((t.act_stat, Do::Run(format!("stat {name}"))));
    list.push((t.act_xattr, Do::Run(format!("getfattr -d -m - {name}"))));
    let mode = if it.is_dir { "700" } else { "600" };
    list.push((t.act_chmod, ask(t.act_ask_mode, format!("chmod {{}} {name}"), mode)));
    list.push((t.act_chown, ask(t.act_ask_owner, format!("chown {{}} {name}"), "1000")));
    if it.is_mount {
        return list;
    }
    let beside = if it.beside == "." {
        String::new()
    } else {
        format!("{}/", it.beside.trim_end_matches('/'))
    };
    let copy = if it.is_dir { "cp -a" } else { "cp" };
    list.push((
        t.act_copy,
        ask(t.act_ask_name, format!("{copy} {name} {beside}{{}}"), &format!("copy-of-{}", it.base)),
    ));
    list.push((t.act_rename, ask(t.act_ask_name, format!("mv {name} {beside}{{}}"), &it.base)));
    let delete = if it.is_dir { "rm -r" } else { "rm" };
    list.push((t.act_delete, Do::Run(format!("{delete} {name}"))));
    list
}

fn of_directory(lab: &Lab, it: &Subject) -> Vec<(&'static str, Do)> {
    let t = lab.t();
    let mut list = vec![
        (t.act_list, Do::Run(format!("ls -la {}", it.name))),
        (t.act_touch, ask(t.act_ask_name, it.inside("echo hello >"), "new.txt")),
        (t.act_mkdir, ask(t.act_ask_name, it.inside("mkdir"), "newdir")),
    ];
    if it.is_mount {
        list.push((t.act_umount, Do::Run(format!("umount {}", it.name))));
    } else if !it.in_mount {
        let command = format!("mount -t overlay overlay -o {{}} {}", it.name);
        list.push((t.act_mount, ask(t.act_ask_options, command, &options(lab))));
    }
    list
}

fn of_file(lab: &Lab, it: &Subject) -> Vec<(&'static str, Do)> {
    let t = lab.t();
    let name = &it.name;
    vec![
        (t.act_show, Do::Run(format!("cat {name}"))),
        (t.act_edit, Do::Run(format!("vi {name}"))),
        (t.act_append, ask(t.act_ask_text, format!("echo {{}} >> {name}"), "one more line")),
    ]
}

pub fn ask(label: &'static str, command: String, initial: &str) -> Do {
    Do::Ask { label, command, initial: initial.to_owned() }
}

/// The options of the mount that the lesson is about, else the usual names.
fn options(lab: &Lab) -> String {
    let lines = lab.scenario.steps.iter().flat_map(|it| it.answer.lines());
    let mut options = lines.filter(|it| it.contains("mount -t overlay")).filter_map(|it| {
        it.split_once(" -o ").and_then(|(_, rest)| rest.split_whitespace().next())
    });
    options.next().unwrap_or("lowerdir=lower,upperdir=upper,workdir=work").to_owned()
}

fn action(lab: &Lab, path: &str, label: &'static str, what: Do) -> Html {
    let what = match what {
        Do::Trace => Do::Run(format!("trace {}", short_path(path, &lab.view.cwd))),
        other => other,
    };
    let (shown, onclick) = press(lab, what);
    html! { <li><button type="button" disabled={!lab.is_idle()} {onclick}><span>{ label }</span><code>{ shown }</code></button></li> }
}

/// Takes a file out of the machine.
fn fetch(lab: &Lab, path: &str) -> Html {
    let label = lab.lang.archive().download;
    let onclick = {
        let (lab, path) = (lab.clone(), path.to_owned());
        let name = path.rsplit('/').next().unwrap_or("file").to_owned();
        move |_| {
            lab.act(Action::Dialog(None));
            lab.link.download(layerglass::port::Ask::Fetch { path: path.clone() }, name.clone());
        }
    };
    html! { <li><button type="button" disabled={!lab.is_idle()} {onclick}><span>{ label }</span></button></li> }
}

/// The command of an action as it is shown, and what runs it.
pub fn press(lab: &Lab, what: Do) -> (String, Callback<MouseEvent>) {
    let shown = match &what {
        Do::Run(line) => line.clone(),
        Do::Ask { command, .. } => command.replace("{}", "…"),
        Do::Trace => String::new(),
    };
    let line = shown.clone();
    let lab = lab.clone();
    let onclick = move |_| match &what {
        Do::Ask { label, command, initial } => {
            lab.dialog(Dialog::Prompt {
                label: (*label).to_owned(),
                command: command.clone(),
                initial: initial.clone(),
            });
        }
        Do::Run(_) | Do::Trace => lab.run_for(line.clone()),
    };
    (shown, Callback::from(onclick))
}

fn is_dir(lab: &Lab, path: &str) -> bool {
    let in_tree = lab.view.tree.iter().find(|row| row.path == path).map(|row| row.kind);
    let in_mount = lab.view.mounts.iter().rev().find_map(|mount| {
        let row = mount.row(below(path, &mount.target)?)?;
        let node = row.merged.as_ref();
        Some(node.or_else(|| row.cells.iter().find_map(|it| it.node.as_ref()))?.kind)
    });
    in_tree.or(in_mount) == Some(FileType::Dir)
}

/// Opens the actions of a path where a context menu is asked for: right click, a long touch, or
/// the menu key.
pub fn on_menu(lab: &Lab, path: &str) -> Callback<MouseEvent> {
    let (lab, path) = (lab.clone(), path.to_owned());
    Callback::from(move |event: MouseEvent| {
        event.prevent_default();
        lab.select(path.clone(), None);
        lab.act(Action::Dialog(Some(Dialog::Actions { path: path.clone() })));
    })
}

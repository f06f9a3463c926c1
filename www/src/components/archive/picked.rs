//! A file of an image: what it is, what became of it layer by layer, what is in it.

use super::super::shelves::{bytes, short};
use super::list::{pick, state_key};
use crate::lab::Lab;
use layerglass::port::{Ask as Port, archive::Ask};
use layerglass::survey::{Content, Event, File, Kind, Place, Preview, State, Version};
use yew::prelude::*;

pub fn picked(lab: &Lab) -> Html {
    let t = lab.lang.archive();
    let Some(file) = &lab.archive.file else { return html! { <p class="empty">{ t.pick }</p> } };
    html! {
        <>
        <h3><code>{ format!("/{}", file.path) }</code></h3>
        { facts(lab, file) }
        { versions(lab) }
        { contents(lab, file) }
        </>
    }
}

fn facts(lab: &Lab, file: &File) -> Html {
    let t = lab.lang.archive();
    let time = js_sys::Date::new(&(file.mtime.0 as f64 * 1000.0).into());
    // A date of JavaScript ends with the year 275760, those of archives need not.
    let time = match time.get_time().is_nan() {
        true => format!("@{}", file.mtime.0),
        false => time.to_iso_string().into(),
    };
    let changed: Vec<&str> = file.changed.iter().map(|it| (t.aspects)(*it)).collect();
    html! {
        <>
        <p class="note">{ kind_word(lab, file.kind) }{ " · " }<code>{ format!("{:04o} {}:{}", file.mode & 0o7777, file.uid, file.gid) }</code>{ " · " }{ bytes(file.size) }{ " · " }{ time }</p>
        if file.state != State::Same {
            <p class={state_key(file.state).0}><strong>{ (t.states)(file.state) }</strong>{ " " }{ changed.join(lab.tools().separator) }</p>
        }
        if let Some(digest) = &file.content { <p class="note"><code>{ digest.clone() }</code></p> }
        if !file.xattrs.is_empty() { <ul>{ for file.xattrs.iter().map(|(name, value)| html! { <li><code>{ format!("{name}={value}") }</code></li> }) }</ul> }
        </>
    }
}

fn kind_word(lab: &Lab, kind: Kind) -> &'static str {
    let t = lab.t();
    match kind {
        Kind::File => t.kind_file,
        Kind::Directory => t.kind_dir,
        Kind::Symlink => t.kind_symlink,
        Kind::Fifo => t.kind_fifo,
        Kind::CharacterDevice | Kind::BlockDevice => t.kind_device,
    }
}

/// The file of a version, unless it was removed.
fn file_of(version: &Version) -> Option<&File> {
    match &version.event {
        Event::Added(file) | Event::Changed(file) => Some(file),
        Event::Removed(_) => None,
    }
}

fn versions(lab: &Lab) -> Html {
    let t = lab.lang.archive();
    let all = &lab.archive.versions;
    if all.is_empty() {
        return html! {};
    }
    let contents =
        |it: &Version| file_of(it).filter(|it| it.kind == Kind::File).and_then(|it| it.place);
    html! {
        <>
        <h4>{ t.history }</h4>
        <ol class="versions-list">{ for all.iter().enumerate().rev().map(|(i, it)| {
            let before = i.checked_sub(1).and_then(|i| contents(&all[i]));
            version(lab, it, before.zip(contents(it)))
        }) }</ol>
        </>
    }
}

fn version(lab: &Lab, it: &Version, pair: Option<(Place, Place)>) -> Html {
    let t = lab.lang.archive();
    let (state, text) = match &it.event {
        Event::Added(file) => (State::Added, bytes(file.size)),
        Event::Changed(file) => {
            let changed: Vec<&str> = file.changed.iter().map(|it| (t.aspects)(*it)).collect();
            let parts = [bytes(file.size), changed.join(lab.tools().separator)];
            (State::Changed, parts.join(" · ").trim_end_matches(" · ").to_owned())
        }
        Event::Removed(by) => (State::Removed, (t.gone_by)(by)),
    };
    let (class, sign) = state_key(state);
    let open = file_of(it).filter(|it| it.kind == Kind::File).cloned().map(|file| {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| pick(&lab, file.clone()))
    });
    let compare = pair.map(|(old, new)| {
        let (lab, image) = (lab.clone(), lab.archive.image);
        let onclick =
            move |_| lab.ask_archive(Ask::Difference { old: (image, old), new: (image, new) });
        html! { <button type="button" class="small" {onclick}>{ t.diff }</button> }
    });
    let shown = lab.archive.difference.as_ref().filter(|it| Some((it.0, it.1)) == pair);
    html! {
        <li {class}>
            <p><span class="sign" aria-hidden="true">{ sign }</span><strong>{ (t.layer)(it.layer) }</strong>{ " " }{ (t.states)(state) }{ " · " }{ text }</p>
            <code class="note">{ it.created_by.clone() }</code>
            <span class="row-of-buttons">
                if let Some(onclick) = open { <button type="button" class="small" {onclick}>{ t.preview }</button> }
                { compare }
            </span>
            { shown.map(|it| difference(lab, &it.2)) }
        </li>
    }
}

fn difference(lab: &Lab, content: &Content) -> Html {
    let t = lab.lang.archive();
    match content {
        Content::Same => html! { <p class="note">{ t.same }</p> },
        Content::Binary { first, .. } => html! { <p class="note">{ (t.binary)(*first) }</p> },
        Content::Text(hunks) => html! {
            <pre class="file diff" tabindex="0">{ for hunks.iter().map(|hunk| html! {
                <><span class="note">{ format!("@@ -{},{} +{},{} @@\n", hunk.old.0, hunk.old.1, hunk.new.0, hunk.new.1) }</span>
                { for hunk.lines.iter().map(|line| {
                    let class = match line.sign { '+' => "added", '-' => "removed", _ => "same" };
                    html! { <span {class}>{ format!("{} {}\n", line.sign, line.text) }</span> }
                }) }</>
            }) }</pre>
        },
    }
}

fn contents(lab: &Lab, file: &File) -> Html {
    let t = lab.lang.archive();
    let Some(place) = file.place.filter(|_| file.kind == Kind::File) else { return html! {} };
    let fetch = {
        let (lab, image) = (lab.clone(), lab.archive.image);
        let name = file.path.rsplit('/').next().unwrap_or("file").to_owned();
        move |_| lab.link.download(Port::Archive(Ask::Fetch { image, place }), name.clone())
    };
    let shown = lab.archive.preview.as_ref().filter(|it| it.0 == place);
    html! {
        <>
        <h4>{ t.preview }{ shown.map(|it| html! { <small>{ " " }{ it.1.format.clone() }</small> }) }</h4>
        { shown.map_or_else(|| html! { <p class="note">{ t.reading }</p> }, |it| preview(lab, &it.1)) }
        <p><button type="button" class="small" onclick={fetch}>{ t.download }</button>{ " " }<small>{ short(file.content.as_deref().unwrap_or_default()) }</small></p>
        </>
    }
}

fn preview(lab: &Lab, it: &Preview) -> Html {
    let text = it.text.clone().unwrap_or_else(|| hex(&it.bytes));
    let cut = it.size > it.bytes.len() as u64 || it.text.is_none() && it.bytes.len() > HEX;
    html! {
        <>
        if text.is_empty() { <p class="note">{ lab.t().empty_file }</p> } else { <pre class="file" tabindex="0">{ text }</pre> }
        if cut { <p class="note">{ lab.lang.archive().preview_cut }</p> }
        </>
    }
}

/// Bytes that are shown in hexadecimal digits.
const HEX: usize = 1024;

fn hex(bytes: &[u8]) -> String {
    let line = |(i, row): (usize, &[u8])| {
        let digits: String = row.iter().map(|it| format!("{it:02x} ")).collect();
        let letters: String =
            row.iter().map(|it| if it.is_ascii_graphic() { *it as char } else { '.' }).collect();
        format!("{:06x}  {digits:<48} {letters}\n", i * 16)
    };
    bytes.chunks(16).take(HEX / 16).enumerate().map(line).collect()
}

//! The inspector: how a path is found, what is in it, its inode, its versions, the raw facts.

use super::matrix::layer_class;
use super::shelves::bytes;
use crate::decimal;
use crate::i18n::{Texts, rule_sentence};
use crate::lab::{Lab, use_lab};
use crate::state::{Action, Dialog, Tab};
use layerglass::trace::step::Verdict;
use layerglass::view::{
    Body, DiffLine, DiffTag, Fate, Inspection, MountInfo, NodeReport, TraceReport, TraceRow,
    XattrRow,
};
use std::ops::Range;
use yew::prelude::*;

const TABS: [Tab; 5] = [Tab::Trace, Tab::Content, Tab::Inode, Tab::Diff, Tab::Raw];

#[component]
pub fn Inspector() -> Html {
    let lab = use_lab();
    let t = lab.t();
    let title = lab.selected.clone();
    html! {
        <section id="inspector" role={lab.pane_role()} class="pane inspector" data-pane="inspect" aria-label={t.inspector} tabindex="-1">
            <header class="pane-head">
                <h2>{ t.inspector }</h2>
                if let Some(path) = &title {
                    <code class="path" title={path.clone()}>{ crate::lab::short_path(path, &lab.view.cwd) }</code>
                    <button type="button" class="small" aria-haspopup="dialog" onclick={{ let (lab, path) = (lab.clone(), path.clone()); move |_| lab.dialog(Dialog::Actions { path: path.clone() }) }}>{ t.actions }</button>
                }
            </header>
            <div class="tabs" role="tablist" aria-label={t.inspector} onkeydown={tab_keys(&lab)}>
                { for TABS.map(|tab| tab_button(&lab, tab, t)) }
            </div>
            <div class="tab-body" role="tabpanel" id="inspect-panel" aria-labelledby={format!("tab-{:?}", lab.tab)} tabindex="0">
                { body(&lab, t) }
            </div>
        </section>
    }
}

fn tab_name(tab: Tab, t: &Texts) -> &'static str {
    match tab {
        Tab::Trace => t.trace,
        Tab::Content => t.content,
        Tab::Inode => t.inode,
        Tab::Diff => t.diff,
        Tab::Raw => t.raw,
    }
}

fn tab_button(lab: &Lab, tab: Tab, t: &Texts) -> Html {
    let on = lab.tab == tab;
    let onclick = {
        let lab = lab.clone();
        move |_| choose(&lab, tab)
    };
    html! {
        <button type="button" role="tab" id={format!("tab-{tab:?}")} aria-selected={on.to_string()} aria-controls="inspect-panel"
            tabindex={if on { "0" } else { "-1" }} {onclick}>{ tab_name(tab, t) }</button>
    }
}

fn choose(lab: &Lab, tab: Tab) {
    lab.act(Action::Tab(tab));
    let fresh = lab.trace.as_ref().is_some_and(|it| Some(&it.path) == lab.selected.as_ref());
    if tab == Tab::Trace && !fresh {
        if let Some(path) = lab.selected.clone() {
            lab.trace(path);
        }
    }
}

fn tab_keys(lab: &Lab) -> Callback<KeyboardEvent> {
    let lab = lab.clone();
    Callback::from(move |event: KeyboardEvent| {
        let now = TABS.iter().position(|tab| *tab == lab.tab).unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowRight" => (now + 1) % TABS.len(),
            "ArrowLeft" => (now + TABS.len() - 1) % TABS.len(),
            "Home" => 0,
            "End" => TABS.len() - 1,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        choose(&lab, TABS[next]);
        super::focus(&format!("#tab-{:?}", TABS[next]));
    })
}

fn body(lab: &Lab, t: &'static Texts) -> Html {
    if lab.tab == Tab::Raw {
        return raw(lab, t);
    }
    let Some(path) = &lab.selected else { return offers(lab, t) };
    if lab.tab == Tab::Trace {
        return match lab.trace.as_ref().filter(|it| &it.path == path) {
            Some(report) => trace(lab, report, t),
            None => {
                let onclick = {
                    let (lab, path) = (lab.clone(), path.clone());
                    move |_| lab.trace(path.clone())
                };
                html! { <div class="empty"><p>{ t.trace_intro }</p><button type="button" class="primary" {onclick}>{ t.act_trace }</button></div> }
            }
        };
    }
    let Some(found) = lab.inspection.as_ref().filter(|it| &it.path == path) else {
        return html! {};
    };
    match lab.tab {
        Tab::Content => versions(lab, found, t, content),
        Tab::Inode => versions(lab, found, t, inode),
        _ => diff(found, t),
    }
}

fn empty(text: &str) -> Html {
    html! { <p class="empty">{ text.to_owned() }</p> }
}

/// Paths that the inspector offers while nothing is selected, the newest change first.
const OFFERED: usize = 6;

/// Nothing is selected: what the last step changed is one click away.
fn offers(lab: &Lab, t: &'static Texts) -> Html {
    let changed = lab.shown().map(|mount| changed_last(lab, mount)).unwrap_or_default();
    html! {
        <div class="empty">
            <p>{ t.select_something }</p>
            if !changed.is_empty() {
                <h3>{ lab.tools().just_changed }</h3>
                <ul class="offers">{ for changed.into_iter().map(|(path, absolute)| {
                    let lab = lab.clone();
                    let onclick = move |_| lab.trace(absolute.clone());
                    html! { <li><button type="button" {onclick}><code>{ path }</code></button></li> }
                }) }</ul>
            }
        </div>
    }
}

/// What the step before changed in this overlay: paths below it, and the same from the root.
fn changed_last(lab: &Lab, mount: &MountInfo) -> Vec<(String, String)> {
    let Some(step) = lab.view.at.checked_sub(1).and_then(|at| lab.view.steps.get(at)) else {
        return Vec::new();
    };
    let mut paths: Vec<&str> = Vec::new();
    for effect in step.lasting().filter(|it| it.overlay() == Some(mount.overlay)) {
        if let Some(path) = effect.path().filter(|it| !it.is_empty()) {
            paths.retain(|it| *it != path);
            paths.push(path);
        }
    }
    let newest = paths.into_iter().rev().take(OFFERED);
    newest.map(|it| (it.to_owned(), super::matrix::absolute(mount, it))).collect()
}

pub fn verdict_word(verdict: &Verdict, t: &Texts) -> String {
    match verdict {
        Verdict::Absent => t.v_absent.to_owned(),
        Verdict::Whiteout => t.v_whiteout.to_owned(),
        Verdict::File(kind) => format!("{} · {}", t.v_file, super::glyph::kind_word(*kind, t)),
        Verdict::Dir => t.v_dir.to_owned(),
        Verdict::OpaqueDir => t.v_opaque.to_owned(),
        Verdict::Redirect(to) => format!("{} ➜ {to}", t.v_redirect),
        Verdict::Metacopy => t.v_metacopy.to_owned(),
        Verdict::Hidden => t.v_hidden.to_owned(),
        Verdict::Error(errno) => format!("{}: {}", t.v_error, errno.message()),
    }
}

fn verdict_key(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Absent => "absent",
        Verdict::Whiteout => "whiteout",
        Verdict::File(_) => "file",
        Verdict::Dir | Verdict::Redirect(_) => "dir",
        Verdict::OpaqueDir => "opaque",
        Verdict::Metacopy => "file",
        Verdict::Hidden => "hidden",
        Verdict::Error(_) => "error",
    }
}

#[inline(never)]
fn trace(lab: &Lab, report: &TraceReport, t: &Texts) -> Html {
    if report.mount.is_none() {
        return empty(t.trace_none);
    }
    let at = lab.player.trace_row();
    let now = at.unwrap_or(report.rows.len());
    html! {
        <div class="trace">
            <p class="lead">{ t.trace_intro }</p>
            <ol class="trace-list">{ for runs(&report.rows).into_iter().map(|run| answers(lab, report, run, now)) }</ol>
            <div class={classes!("trace-result", (now < report.rows.len()).then_some("later"))}>
                <h3>{ t.trace_result }</h3>
                if let Some(errno) = report.errno {
                    <p class="err">{ format!("{} ({})", errno.message(), errno.name()) }</p>
                } else {
                    <code class="stat">{ report.stat.clone() }</code>
                    if let Some(layer) = report.identity_from { <p>{ (t.trace_identity)(&lab.layer_name(layer)) }</p> }
                }
            </div>
        </div>
    }
}

/// Rows of a lookup that are drawn as one: layers one below the other that say the same.
fn runs(rows: &[TraceRow]) -> Vec<Range<usize>> {
    let same = |a: &TraceRow, b: &TraceRow| {
        (&a.path, &a.verdict, &a.rule_id) == (&b.path, &b.verdict, &b.rule_id)
    };
    let mut out: Vec<Range<usize>> = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        match out.last_mut() {
            Some(last) if same(&rows[last.start], row) => last.end = i + 1,
            _ => out.push(i..i + 1),
        }
    }
    // Two or three stand better by themselves.
    let split = |it: Range<usize>| match it.len() {
        0..=3 => it.map(|i| i..i + 1).collect::<Vec<_>>(),
        _ => vec![it],
    };
    out.into_iter().flat_map(split).collect()
}

/// What one layer answered, or several that said the same.
fn answers(lab: &Lab, report: &TraceReport, run: Range<usize>, now: usize) -> Html {
    let t = lab.t();
    let (row, i) = (&report.rows[run.start], run.start);
    let first = i.checked_sub(1).is_none_or(|before| report.rows[before].path != row.path);
    let class = classes!(
        "trace-row",
        format!("v-{}", verdict_key(&row.verdict)),
        run.contains(&now).then_some("now"),
        (i > now).then_some("later")
    );
    let seek = {
        let lab = lab.clone();
        move |_| lab.act(Action::Play(crate::state::PlayerAction::Seek(i)))
    };
    let name = if row.path.is_empty() { t.root.to_owned() } else { row.path.clone() };
    let until = report.rows.get(run.end - 1).filter(|_| run.len() > 1);
    html! {
        <>
        if first { <li class="trace-path"><code>{ name.clone() }</code></li> }
        <li {class}>
            <button type="button" onclick={seek} title={(t.asks)(&lab.layer_name(row.layer), &name)}>
                <span class={classes!("layer-tag", layer_class(row.layer))}>{ lab.layer_name(row.layer) }</span>
                if let Some(last) = until { { "…" }<span class={classes!("layer-tag", layer_class(last.layer))}>{ lab.layer_name(last.layer) }</span> }
                <span class="verdict">{ verdict_word(&row.verdict, t) }</span>
            </button>
            <Rule id={row.rule_id.clone()} sentence={rule_sentence(lab.lang, &row.rule_id, &row.sentence, row.chinese.as_deref())} />
        </li>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct RuleProps {
    id: String,
    sentence: String,
}

/// The sentence of a rule; its number is a button that tells what such a number is and where more
/// about the rule stands.
#[component]
fn Rule(props: &RuleProps) -> Html {
    let lab = use_lab();
    let t = lab.t();
    let open = use_state(|| false);
    let onclick = {
        let open = open.clone();
        move |_| open.set(!*open)
    };
    let id = &props.id;
    html! {
        <div class="rule">
            <button type="button" class="rule-id" {onclick} aria-expanded={open.to_string()} title={t.rule_more} aria-label={format!("{} {id}: {}", t.rule_word, t.rule_more)}>{ id.clone() }</button>
            { " " }{ props.sentence.clone() }
            if *open {
                <div class="rule-more">{ t.rule_about }{ " " }<a href={format!("semantics.html#{id}")} target="_blank" rel="noopener">{ t.rule_read }</a></div>
            }
        </div>
    }
}

/// The merged version first, then each layer's own; the picked layer stands out.
#[inline(never)]
fn versions(
    lab: &Lab,
    found: &Inspection,
    t: &'static Texts,
    show: fn(&NodeReport, &'static Texts) -> Html,
) -> Html {
    let seen = match &found.seen {
        Some(report) if found.mount.is_some() => {
            version(lab, report, t.seen_as.to_owned(), show, t)
        }
        Some(report) => version(lab, report, report.path.clone(), show, t),
        None => {
            html! { <p class="version absent"><strong>{ t.seen_as }</strong>{ " — " }{ t.not_there }</p> }
        }
    };
    html! {
        <div class="versions">
            { seen }
            { for found.layers.iter().map(|report| {
                let name = report.layer.map(|it| lab.layer_name(it)).unwrap_or_default();
                version(lab, report, (t.in_layer)(&name), show, t)
            }) }
        </div>
    }
}

fn version(
    lab: &Lab,
    report: &NodeReport,
    title: String,
    show: fn(&NodeReport, &'static Texts) -> Html,
    t: &'static Texts,
) -> Html {
    let picked = report.layer.is_some() && report.layer == lab.layer;
    let class = classes!(
        "version",
        report.layer.map_or("role-merged".to_owned(), layer_class),
        picked.then_some("picked")
    );
    html! { <article {class}><h3><span class="layer-dot" aria-hidden="true"></span>{ title }</h3>{ show(report, t) }</article> }
}

#[inline(never)]
fn content(report: &NodeReport, t: &'static Texts) -> Html {
    let cut = |cut: bool| {
        if cut {
            html! { <p class="note">{ t.cut }</p> }
        } else {
            html! {}
        }
    };
    match &report.body {
        Body::Text { text, .. } if text.is_empty() => {
            html! { <p class="note">{ t.empty_file }</p> }
        }
        Body::Text { text, cut: more } => {
            html! { <><pre class="file">{ text.clone() }</pre>{ cut(*more) }</> }
        }
        Body::Binary { hex, cut: more } => {
            html! { <><pre class="file">{ hex.clone() }</pre>{ cut(*more) }</> }
        }
        Body::Directory { names } => html! {
            <><p class="note">{ (t.directory_of)(names.len()) }</p><ul class="names">{ for names.iter().map(|it| html! { <li><code>{ it.clone() }</code></li> }) }</ul></>
        },
        Body::Symlink { target } => html! { <p><code>{ format!("→ {target}") }</code></p> },
        Body::None if report.node.extra == "0, 0" => {
            html! { <p class="note">{ t.is_whiteout_body }</p> }
        }
        Body::None => {
            html! { <p class="note">{ super::glyph::kind_word(report.node.kind, t) }{ " " }{ report.node.extra.clone() }</p> }
        }
    }
}

#[inline(never)]
fn inode(report: &NodeReport, t: &'static Texts) -> Html {
    html! {
        <>
        <pre class="file stat">{ report.stat.clone() }</pre>
        <h4>{ t.xattrs }</h4>
        if report.xattrs.is_empty() { <p class="note">{ t.no_xattrs }</p> }
        else { <dl class="xattrs">{ for report.xattrs.iter().map(|it| xattr(it, t)) }</dl> }
        </>
    }
}

fn xattr(row: &XattrRow, t: &Texts) -> Html {
    let meaning = match row.meaning.as_deref() {
        Some("opaque") => t.mean_opaque,
        Some("origin") => t.mean_origin,
        Some("impure") => t.mean_impure,
        Some("redirect") => t.mean_redirect,
        Some("metacopy") => t.mean_metacopy,
        Some("nlink") => t.mean_nlink,
        Some("upper") => t.mean_upper,
        Some("uuid") => t.mean_uuid,
        Some("whiteout" | "xattr") => t.mean_whiteout,
        Some("acl") => t.mean_acl,
        _ => "",
    };
    html! { <><dt><code>{ row.name.clone() }</code></dt><dd><code>{ row.value.clone() }</code>if !meaning.is_empty() { <p>{ meaning }</p> }</dd></> }
}

#[inline(never)]
fn diff(found: &Inspection, t: &Texts) -> Html {
    if found.diff.is_empty() {
        return empty(t.diff_none);
    }
    let same = found.diff.iter().all(|it| it.tag == DiffTag::Same);
    html! {
        <>
        if same { <p class="note">{ t.diff_same }</p> }
        { diff_lines(&found.diff) }
        </>
    }
}

/// Two texts as one list of lines, with signs.
pub fn diff_lines(lines: &[DiffLine]) -> Html {
    html! {
        <pre class="file diff">{ for lines.iter().map(|line| {
            let (class, sign) = match line.tag {
                DiffTag::Same => ("same", " "),
                DiffTag::Added => ("added", "+"),
                DiffTag::Removed => ("removed", "-"),
            };
            html! { <span {class}>{ format!("{sign} {}\n", line.text) }</span> }
        }) }</pre>
    }
}

#[inline(never)]
fn raw(lab: &Lab, t: &Texts) -> Html {
    let Some(mount) = lab.shown() else { return empty(t.nothing_mounted) };
    let total = mount.ledger.total().max(1);
    let bars = [
        ("visible", t.ledger_visible, mount.ledger.visible),
        ("shadowed", t.ledger_shadowed, mount.ledger.shadowed),
        ("removed", t.ledger_removed, mount.ledger.removed),
    ];
    html! {
        <div class="raw">
            <h3>{ t.raw_options }</h3>
            <pre class="file wrap">{ format!("{} {} overlay {} 0 0", mount.source, mount.target, mount.options) }</pre>
            <h3>{ t.raw_layers }</h3>
            <ol class="layer-list">{ for mount.layers.iter().map(|layer| html! {
                <li class={layer_class(layer.layer)}><span class="layer-dot" aria-hidden="true"></span><strong>{ layer.label.clone() }</strong>
                <code>{ layer.path.clone() }</code><small>{ format!("{} · {}", layer.fs, bytes(layer.bytes)) }</small></li>
            }) }</ol>
            <h3>{ t.ledger }</h3>
            <div class="ledger" aria-hidden="true">{ for bars.iter().map(|(key, _, bytes)| html! {
                <span class={*key} ~style={format!("flex-grow:{}", decimal::short(*bytes as f64 / total as f64))}></span>
            }) }</div>
            <ul class="ledger-words">{ for bars.iter().map(|(key, word, bytes)| html! {
                <li class={*key}><span class="swatch" aria-hidden="true"></span>{ format!("{word}{}{bytes} {}", lab.tools().colon, t.bytes) }</li>
            }) }</ul>
            if mount.unseen.is_empty() { <p class="note">{ lab.tools().ledger_none }</p> }
            else {
                <h4>{ lab.tools().ledger_open }</h4>
                <ul class="unseen-files">{ for mount.unseen.iter().map(|it| {
                    let onclick = { let (lab, path, layer) = (lab.clone(), super::matrix::absolute(mount, &it.path), it.layer); move |_| { lab.select(path.clone(), Some(layer)); lab.act(Action::Tab(Tab::Content)); } };
                    let (class, word) = match it.fate { Fate::Removed => ("removed", t.ledger_removed), _ => ("shadowed", t.ledger_shadowed) };
                    html! { <li {class}><button type="button" {onclick}><span class="swatch" aria-hidden="true"></span><code>{ it.path.clone() }</code><span class={classes!("layer-tag", layer_class(it.layer))}>{ lab.layer_name(it.layer) }</span><small>{ format!("{word} · {}", bytes(it.bytes)) }</small></button></li> }
                }) }</ul>
            }
            <h3>{ "digest" }</h3>
            <code class="digest">{ lab.view.digest.clone() }</code>
        </div>
    }
}

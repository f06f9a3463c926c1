//! What one gives to others: a link, code for a page of one's own, a picture.

use super::dialogs::title;
use super::session::{copy, download};
use crate::boot;
use crate::lab::use_lab;
use layerglass::port::Ask;
use std::rc::Rc;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

/// The page without what stands after its `#`.
fn page() -> String {
    let location = web_sys::window().map(|it| it.location());
    let href = location.and_then(|it| it.href().ok()).unwrap_or_default();
    href.split(['#', '?']).next().unwrap_or_default().to_owned()
}

/// The folder that the page lies in.
fn folder(page: &str) -> &str {
    &page[..page.rfind('/').map_or(0, |it| it + 1)]
}

#[component]
pub fn Share() -> Html {
    let lab = use_lab();
    let words = lab.lang.share();
    let packed = use_state(|| None::<String>);
    {
        let packed = packed.clone();
        use_effect_with(lab.shared().to_text(), move |payload| {
            boot::with_packed(payload.clone(), move |it| packed.set(Some(it)));
        });
    }
    let Some(packed) = (*packed).clone() else {
        return html! { <>{ title(&lab, words.title.to_owned()) }<p class="note">{ lab.t().loading }</p></> };
    };
    let page = page();
    let folder = folder(&page).to_owned();
    let name = lab.scenario.title.in_language(lab.lang.key()).to_owned();
    let link = format!("{page}#{packed}");
    let element = format!(
        "<script type=\"module\" src=\"{folder}layer-glass.js\"></script>\n<layer-glass state=\"{packed}\" height=\"440\"></layer-glass>"
    );
    let frame = format!(
        "<iframe src=\"{folder}embed.html#{packed}\" title=\"{}\" width=\"100%\" height=\"440\" loading=\"lazy\" \
         sandbox=\"allow-scripts allow-popups allow-popups-to-escape-sandbox\" style=\"border:0\"></iframe>",
        attribute(&name)
    );
    html! {
        <>
        { title(&lab, words.title.to_owned()) }
        <p class="note">{ words.about }</p>
        <Row label={words.link} text={link.clone()} />
        <Row label={words.markdown} text={format!("[{}]({link})", markdown(&name))} />
        <Row label={words.element} about={words.element_about} text={element} />
        <Row label={words.frame} about={words.frame_about} text={frame} />
        <Picture {name} {link} />
        <super::session::Script />
        </>
    }
}

/// Text in a double-quoted attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// Text between the brackets of a link.
fn markdown(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

#[derive(Properties, PartialEq)]
struct RowProps {
    label: &'static str,
    #[prop_or_default]
    about: &'static str,
    text: String,
}

/// One text that can be copied.
#[component]
fn Row(props: &RowProps) -> Html {
    let lab = use_lab();
    let words = lab.lang.share();
    let area = use_node_ref();
    let copied = use_state(|| false);
    let onclick = {
        let (area, copied, text) = (area.clone(), copied.clone(), props.text.clone());
        move |_: MouseEvent| {
            copy(area.cast::<HtmlTextAreaElement>().as_ref(), &text);
            copied.set(true);
        }
    };
    let rows = if props.text.len() > 90 { "3" } else { "2" };
    html! {
        <section class="share-row">
            <h3>{ props.label }</h3>
            if !props.about.is_empty() { <p class="note">{ props.about }</p> }
            <textarea ref={area} readonly=true {rows} class="script" aria-label={props.label} value={props.text.clone()} spellcheck="false" />
            <div class="dialog-buttons">
                if *copied { <span role="status" class="copied">{ "✓ " }{ words.copied }</span> }
                <button type="button" class="small" aria-label={format!("{}: {}", words.copy, props.label)} {onclick}>{ words.copy }</button>
            </div>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct PictureProps {
    name: String,
    link: String,
}

/// The picture, made when asked for: it needs the machine with all commands.
#[component]
fn Picture(props: &PictureProps) -> Html {
    let lab = use_lab();
    let words = lab.lang.share();
    let make = {
        let (lab, title, link) = (lab.clone(), props.name.clone(), props.link.clone());
        move |_: MouseEvent| {
            let chinese = lab.lang == crate::i18n::Lang::Zh;
            let (title, link, mount) = (title.clone(), link.clone(), lab.mount.clone());
            lab.link.send(Ask::Picture { title, chinese, link, mount });
        }
    };
    html! {
        <section class="share-row">
            <h3>{ words.picture }</h3>
            <p class="note">{ words.picture_about }</p>
            if let Some(text) = lab.picture.clone() {
                <img class="picture" alt={props.name.clone()} src={format!("data:image/svg+xml,{}", String::from(js_sys::encode_uri_component(&text)))} />
                <button type="button" class="small" onclick={{ let text = Rc::clone(&text); let name = format!("layerglass-{}.svg", lab.scenario.id); move |_| download(&name, &text) }}>{ lab.tools().download }</button>
            } else {
                <button type="button" class="small" disabled={!lab.is_idle()} onclick={make}>{ words.picture }</button>
            }
        </section>
    }
}

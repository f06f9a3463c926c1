//! The bar: name, lessons, self-check, language, theme, help.

use crate::lab::use_lab;
use crate::state::{Action, Dialog, Theme};
use yew::prelude::*;

#[component]
pub fn Header() -> Html {
    let lab = use_lab();
    let (t, tools) = (lab.t(), lab.tools());
    let open = |dialog: Dialog| {
        let lab = lab.clone();
        move |_: MouseEvent| lab.dialog(dialog.clone())
    };
    let language = {
        let lab = lab.clone();
        move |_| {
            let lang = lab.lang.other();
            crate::store::save("lang", lang.tag());
            lab.act(Action::Lang(lang));
        }
    };
    let theme = {
        let lab = lab.clone();
        move |_| {
            let theme = match lab.theme {
                Theme::Auto => Theme::Dark,
                Theme::Dark => Theme::Light,
                Theme::Light => Theme::Auto,
            };
            crate::store::save("theme", &format!("{theme:?}"));
            lab.act(Action::Theme(theme));
        }
    };
    let (sign, word) = match lab.theme {
        Theme::Auto => ("◐", t.theme_auto),
        Theme::Light => ("☀", t.theme_light),
        Theme::Dark => ("☾", t.theme_dark),
    };
    let check = &lab.check;
    html! {
        <header class="bar">
            <a class="skip" href="#command-line">{ t.skip }</a>
            <h1><span class="logo" aria-hidden="true"><i></i><i></i><i></i></span>{ "Layerglass" }</h1>
            <p class="tagline">{ t.tagline }</p>
            <nav aria-label={t.lessons}>
                <button type="button" class="bar-button lessons-button" aria-haspopup="dialog" onclick={open(Dialog::Lessons)}>{ t.lessons }</button>
                <button type="button" class="bar-button share-button" aria-label={lab.lang.share().title} title={lab.lang.share().title} aria-haspopup="dialog" onclick={open(Dialog::Share)}><span class="wide-word">{ lab.lang.share().title }</span><span class="narrow-sign" aria-hidden="true">{ "↗" }</span></button>
                // A place for what is looked at: files today, images and containers beside them.
                <button type="button" class="bar-button session-button" aria-label={tools.session} title={tools.session} aria-haspopup="dialog" onclick={open(Dialog::Session)}><span class="wide-word">{ tools.session }</span><span class="narrow-sign" aria-hidden="true">{ "⇩" }</span></button>
                <button type="button" class="bar-button check-button" aria-label={t.check} title={t.check} aria-haspopup="dialog" onclick={open(Dialog::Check)}>
                    if check.over && check.total > 0 { <span class="ok" aria-hidden="true">{ if check.same == check.total { "✓ " } else { "! " } }</span> }
                    <span class="check-word">{ t.check }</span><span class="check-sign" aria-hidden="true">{ "✓" }</span></button>
                <button type="button" class="bar-button" lang={lab.lang.other().tag()} onclick={language}>{ t.language }</button>
                <button type="button" class="bar-button icon" aria-label={format!("{}: {word}", t.theme)} title={format!("{}: {word}", t.theme)} onclick={theme}><span aria-hidden="true">{ sign }</span></button>
                <button type="button" class="bar-button icon" aria-label={t.help} title={t.help} aria-haspopup="dialog" onclick={open(Dialog::Help)}><span aria-hidden="true">{ "?" }</span></button>
            </nav>
        </header>
    }
}

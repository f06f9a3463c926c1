//! The whole page: state, machine, keys, and where the panes stand.

use crate::address::{self, asked};
use crate::boot::Beside;
use crate::components::{
    dialogs::Dialogs,
    focus,
    header::Header,
    inspector::Inspector,
    lesson::Lesson,
    split::{Bar, Split},
    stage::Stage,
    terminal::Terminal,
    transport::Transport,
};
use crate::hooks::{STILL, media, use_clock, use_queue, use_stillness};
use crate::i18n::Lang;
use crate::keep::{Found, Keep};
use crate::lab::Lab;
use crate::link::{Link, Trouble};
use crate::state::{Action, Dialog, Note, Pane, PlayerAction, Scene, Shared, State, Theme, Wishes};
use crate::{decimal, lessons, store};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use std::rc::Rc;
use web_sys::wasm_bindgen::JsCast;
use yew::prelude::*;

fn first_state() -> State {
    let navigator = web_sys::window().and_then(|it| it.navigator().language());
    let tags = [asked("lang"), store::load("lang"), navigator];
    let lang = tags.iter().flatten().find_map(|it| Lang::from_tag(it)).unwrap_or_default();
    let theme = match asked("theme").or_else(|| store::load("theme")).as_deref() {
        Some("Dark" | "dark") => Theme::Dark,
        Some("Light" | "light") => Theme::Light,
        _ => Theme::Auto,
    };
    let still = media(STILL);
    let speed = asked("speed")
        .or_else(|| store::load("speed"))
        .and_then(|it| decimal::number(&it))
        .unwrap_or(1.0);
    let done = store::load("done").unwrap_or_default();
    State {
        done: done.split_whitespace().map(str::to_owned).collect(),
        wishes: Wishes {
            presents: false,
            guesses: store::load("guesses").as_deref() == Some("yes"),
            no_letters: store::load("letters").as_deref() == Some("off"),
            ..Wishes::default()
        },
        ..State::new(lang, theme, speed, still, Rc::default())
    }
}

/// Does this visit begin with a lesson that is not among the first ones?
pub fn asks_for_more() -> bool {
    let kept = crate::keep::Keep::lesson_kept;
    asked("lab").or_else(kept).is_some_and(|id| lessons::by_id(&id).is_none())
}

fn first_lesson() -> usize {
    if let Some(lesson) = asked("lab").and_then(|id| lessons::by_id(&id)) {
        return lesson;
    }
    if store::load("intro").is_some() { lessons::LAB } else { lessons::INTRO }
}

#[component]
pub fn App() -> Html {
    let state = use_reducer(|| Shared(Rc::new(first_state())));
    let link = {
        let (dispatcher, dispatcher_of_troubles) = (state.dispatcher(), state.dispatcher());
        use_memo((), move |()| {
            let listener = Rc::new(move |message: layerglass::port::FromMachine| {
                dispatcher.dispatch(Action::Tell(message.id, message.tell));
            });
            let dispatcher = dispatcher_of_troubles.clone();
            let trouble = move |it| {
                dispatcher.dispatch(match it {
                    Trouble::Crashed => Action::Crashed,
                    Trouble::NoPart => Action::Note(Note::NoPart),
                    Trouble::NoMachine => Action::Failed("the machine did not load".to_owned()),
                });
            };
            Link::start(
                Box::new(Beside),
                listener,
                Rc::new(trouble),
                asked("engine").as_deref() == Some("page"),
            )
        })
    };
    let lab =
        Lab { state: Rc::clone(&state.0), dispatcher: state.dispatcher(), link: Rc::clone(&link) };
    use_start(&lab);
    use_stillness(&lab);
    use_progress(&lab);
    use_keep(&lab);
    use_crash(&lab);
    use_document(&lab);
    use_clock(&lab);
    use_queue(&lab);
    use_keys(&lab);
    use_drop(&lab);
    html! {
        <ContextProvider<Lab> context={lab.clone()}>
            <div class={classes!("app", format!("show-{:?}", lab.pane).to_lowercase(), lab.intro.is_some().then_some("in-intro"), lab.wishes.presents.then_some("presents"), lab.scene.is_wide().then_some("wide-scene"))}>
                <Header />
                <main class="lab">
                    <Lesson />
                    <Stage />
                    <Inspector />
                    <Transport />
                    <Terminal />
                    <Split bar={Bar::Lesson} />
                    <Split bar={Bar::Inspector} />
                    <Split bar={Bar::Terminal} />
                </main>
                <Panes />
                <Dialogs />
                <Failure />
            </div>
        </ContextProvider<Lab>>
    }
}

/// The first scenario, once.
#[hook]
fn use_start(lab: &Lab) {
    let lab = lab.clone();
    use_effect_with((), move |()| {
        match Keep::load() {
            Found::Log(keep) if keep.asked == address::wish() => lab.restore(&keep),
            Found::Log(_) | Found::Nothing => begin(&lab),
            Found::Broken => {
                begin(&lab);
                lab.act(Action::Note(Note::LogBroken));
            }
        }
        match asked("view").as_deref() {
            Some("stack") => lab.act(Action::Scene(Scene::Stack)),
            Some("files") => lab.act(Action::Scene(Scene::Files)),
            Some("table") => lab.act(Action::Scene(Scene::Table)),
            Some("images") => lab.act(Action::Scene(Scene::Shelves)),
            Some("archive") => lab.act(Action::Scene(Scene::Archive)),
            Some("drivers") => lab.act(Action::Scene(Scene::Rivals)),
            Some("graph") => lab.act(Action::Scene(Scene::Graph)),
            Some("matrix") => lab.act(Action::Scene(Scene::Matrix)),
            _ => {}
        }
    });
}

/// What was shared, or the lesson that the address asks for.
fn begin(lab: &Lab) {
    match address::shared() {
        Some(Ok(shared)) if lab.open_shared(&shared) => {}
        Some(Err(trouble)) => {
            lab.load(lessons::LAB);
            lab.act(Action::Note(Note::LinkBroken(trouble)));
        }
        Some(Ok(_)) => {
            lab.load(lessons::LAB);
            lab.act(Action::Note(Note::LinkUnknown(asked("lab").unwrap_or_default())));
        }
        None => lab.load(first_lesson()),
    }
}

/// Keeps which lessons were finished.
#[hook]
fn use_progress(lab: &Lab) {
    use_effect_with(lab.done.clone(), |done| {
        let ids: Vec<&str> = done.iter().map(String::as_str).collect();
        store::save("done", &ids.join(" "));
    });
}

/// Keeps the past, so that a reload finds the machine as it was.
#[hook]
fn use_keep(lab: &Lab) {
    let told = use_mut_ref(|| false);
    let key = (Rc::clone(&lab.past), lab.view.digest.clone(), lab.lesson, lab.intro, lab.seen());
    let lab = lab.clone();
    use_effect_with((key, lab.ready, lab.restoring.is_some()), move |(_, ready, restoring)| {
        if *restoring {
            // One that breaks the machine must not do so at every reload.
            crate::keep::forget();
        } else if *ready {
            let keep = Keep::of(&lab, &address::wish(), lab.link.columns());
            let is_kept = keep.save();
            if !is_kept && !told.replace(true) {
                lab.act(Action::Note(Note::LogTooLong));
            }
            *told.borrow_mut() &= !is_kept;
        }
    });
}

/// Times that a machine is rebuilt after it stopped.
const CRASHES_MAX: u32 = 5;

/// A machine that stopped is rebuilt from its past, and without it if that is what stopped it.
#[hook]
fn use_crash(lab: &Lab) {
    let crashes = lab.crashes;
    let lab = lab.clone();
    use_effect_with(crashes, move |crashes| match *crashes {
        0 => {}
        n if n > CRASHES_MAX => lab.act(Action::Failed("the machine stopped".to_owned())),
        _ if lab.restoring.is_some() || !lab.ready => {
            lab.load(lab.lesson);
            lab.act(Action::Note(Note::LogBroken));
        }
        _ => {
            lab.restore(&Keep::of(&lab, "", lab.link.columns()));
            lab.act(Action::Note(Note::Crashed));
        }
    });
}

/// Language and theme of the document, and its title.
#[hook]
fn use_document(lab: &Lab) {
    use_effect_with((lab.lang, lab.theme), |(lang, theme)| {
        let document = web_sys::window().and_then(|it| it.document());
        let Some((document, root)) =
            document.and_then(|it| Some((it.clone(), it.document_element()?)))
        else {
            return;
        };
        let _ = root.set_attribute("lang", lang.tag());
        let _ = match theme {
            Theme::Auto => root.remove_attribute("data-theme"),
            Theme::Light => root.set_attribute("data-theme", "light"),
            Theme::Dark => root.set_attribute("data-theme", "dark"),
        };
        document.set_title(&format!("Layerglass — {}", lang.t().tagline));
    });
}

/// A file may be dropped anywhere: it is opened as an archive of images.
#[hook]
fn use_drop(lab: &Lab) {
    let lab = lab.clone();
    let current = use_mut_ref(|| lab.clone());
    *current.borrow_mut() = lab;
    use_effect_with((), move |()| {
        let document = web_sys::window().and_then(|it| it.document());
        let listeners = document.map(|document| {
            ["dragover", "drop"].map(|kind| {
                let current = current.clone();
                let options = EventListenerOptions::enable_prevent_default();
                EventListener::new_with_options(&document, kind, options, move |event| {
                    let transfer = event.dyn_ref::<DragEvent>().and_then(|it| it.data_transfer());
                    let Some(transfer) = transfer else { return };
                    // Texts may be dropped into fields.
                    if !transfer.types().includes(&"Files".into(), 0) {
                        return;
                    }
                    event.prevent_default();
                    if let Some(file) = transfer.files().and_then(|it| it.get(0)) {
                        current.borrow().open_archive(&file);
                    }
                })
            })
        });
        move || drop(listeners)
    });
}

/// Keys of the whole page. Letters are left alone where somebody types.
#[hook]
fn use_keys(lab: &Lab) {
    let lab = lab.clone();
    let current = use_mut_ref(|| lab.clone());
    *current.borrow_mut() = lab;
    use_effect_with((), move |()| {
        let options = EventListenerOptions::enable_prevent_default();
        let listener = web_sys::window().and_then(|it| it.document()).map(|document| {
            EventListener::new_with_options(&document, "keydown", options, move |event| {
                if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
                    let lab = current.borrow().clone();
                    if key(&lab, event) {
                        event.prevent_default();
                    }
                }
            })
        });
        move || drop(listener)
    });
}

fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|it| matches!(it.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

/// True when the key was one of ours.
fn key(lab: &Lab, event: &KeyboardEvent) -> bool {
    let key = event.key();
    if key == "F6" {
        next_pane(lab, event.shift_key());
        return true;
    }
    if lab.dialog.is_some() || is_typing(event) || event.alt_key() {
        return false;
    }
    if event.ctrl_key() || event.meta_key() {
        match (key.to_ascii_lowercase().as_str(), event.shift_key()) {
            ("z", false) => lab.undo(),
            ("z", true) | ("y", false) => lab.redo(),
            _ => return false,
        }
        return true;
    }
    let is_letter = key.chars().count() == 1 && key != " ";
    if is_letter && lab.wishes.no_letters {
        return false;
    }
    if lab.wishes.presents && presenter_key(lab, &key, on_button(event)) {
        return true;
    }
    match key.as_str() {
        "/" | "`" => show(lab, Pane::Terminal, "#command-line"),
        "1" => lab.scene(Scene::Matrix),
        "2" => lab.scene(Scene::Stack),
        "3" => lab.scene(Scene::Files),
        "4" => lab.scene(Scene::Table),
        "5" => lab.scene(Scene::Shelves),
        "6" => lab.scene(Scene::Graph),
        "7" => lab.scene(Scene::Archive),
        "8" => lab.scene(Scene::Rivals),
        "d" | "D" => lab.toggle_compare(),
        "g" | "G" => show(lab, Pane::Lesson, "#goals"),
        "s" | "S" => lab.dialog(Dialog::Share),
        "p" | "P" => lab.wish(|it| it.presents = !it.presents),
        "Escape" if lab.compare.is_some() => lab.act(Action::Compare(None)),
        "t" | "T" => match lab.selected.clone() {
            Some(path) => lab.trace(path),
            None => return false,
        },
        "i" | "I" => show(lab, Pane::Inspect, "#inspector"),
        "h" | "H" => lab.act(Action::Hint),
        "[" => lab.load(lab.lesson.saturating_sub(1)),
        "]" => lab.load(lab.lesson + 1),
        "?" => lab.dialog(Dialog::Help),
        " " if !on_button(event) => lab.act(Action::Play(PlayerAction::Toggle)),
        "ArrowLeft" if !on_button(event) => lab.undo(),
        "ArrowRight" if !on_button(event) => lab.redo(),
        _ => return false,
    }
    true
}

/// Keys of a presenter: the next step, the one before, the end.
fn presenter_key(lab: &Lab, key: &str, on_button: bool) -> bool {
    match key {
        "ArrowRight" | "PageDown" => lab.next_step(),
        " " | "Enter" if !on_button => lab.next_step(),
        "ArrowLeft" | "PageUp" => lab.undo(),
        "Escape" => lab.wish(|it| it.presents = false),
        _ => return false,
    }
    true
}

fn on_button(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|it| {
        it.tag_name() == "BUTTON" || it.get_attribute("role").as_deref() == Some("button")
    })
}

fn show(lab: &Lab, pane: Pane, selector: &'static str) {
    lab.act(Action::Pane(pane));
    // Now where it can be seen, and once more where it had to come to the front first.
    focus(selector);
    Timeout::new(0, move || focus(selector)).forget();
}

const PANES: [(Pane, &str); 4] = [
    (Pane::Lesson, "#lesson"),
    (Pane::Stage, "#stage"),
    (Pane::Inspect, "#inspector"),
    (Pane::Terminal, "#command-line"),
];

/// F6: around the panes.
fn next_pane(lab: &Lab, back: bool) {
    let active = web_sys::window().and_then(|it| it.document()).and_then(|it| it.active_element());
    let inside = active
        .and_then(|it| it.closest("[data-pane]").ok().flatten())
        .and_then(|it| it.get_attribute("data-pane"));
    let now = match inside.as_deref() {
        Some("lesson") => 0,
        Some("stage") => 1,
        Some("inspect") => 2,
        Some("terminal") => 3,
        _ if back => 0,
        _ => 3,
    };
    let next = if back { (now + PANES.len() - 1) % PANES.len() } else { (now + 1) % PANES.len() };
    show(lab, PANES[next].0, PANES[next].1);
}

/// Tabs of a narrow screen.
#[component]
fn Panes() -> Html {
    let lab = crate::lab::use_lab();
    let t = lab.t();
    let items = [
        (Pane::Stage, t.tab_stage, "▦"),
        (Pane::Terminal, t.tab_terminal, "›_"),
        (Pane::Lesson, t.tab_lesson, "✓"),
        (Pane::Inspect, t.tab_inspect, "◎"),
    ];
    html! {
        <nav class="panes" aria-label={t.stage}>
            { for items.map(|(pane, name, sign)| {
                let lab = lab.clone();
                let on = lab.pane == pane;
                html! { <button type="button" aria-current={on.then_some("true")} onclick={move |_| lab.act(Action::Pane(pane))}><span aria-hidden="true">{ sign }</span>{ name }</button> }
            }) }
        </nav>
    }
}

#[component]
fn Failure() -> Html {
    let lab = crate::lab::use_lab();
    let t = lab.t();
    let Some(why) = lab.failed.clone() else { return html! {} };
    let reload = |_| {
        if let Some(window) = web_sys::window() {
            let _ = window.location().reload();
        }
    };
    html! {
        <div class="failure" role="alert"><strong>{ t.failed }</strong><code>{ why }</code><button type="button" class="primary" onclick={reload}>{ t.reload }</button></div>
    }
}

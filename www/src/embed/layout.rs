//! How an element is laid out: the lab's parts, those that were asked for, below each other.

use crate::bridge::Bridge;
use crate::near::Near;
use crate::options::{Controls, Options, Panes};
use layerglass::port::{Ask, Past, lines};
use layerglass::scenario;
use layerglass::share::{Shared, Start};
use layerglass_www::components::{
    dialogs::Dialogs, inspector::Inspector, lesson::Lesson, stage, terminal::Terminal,
    transport::Transport,
};
use layerglass_www::hooks::{STILL, media, use_clock, use_queue, use_stillness};
use layerglass_www::lab::Lab;
use layerglass_www::link::{Link, Trouble};
use layerglass_www::state::{
    Action, Note, PlayerAction, Scene, Shared as SharedState, State, Theme, Wishes,
};
use serde_json::json;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, Clone)]
pub struct Props {
    pub bridge: Rc<Bridge>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        Rc::ptr_eq(&self.bridge, &other.bridge)
    }
}

fn first_state(options: &Options) -> State {
    let still = media(STILL);
    let panes = options.panes();
    let state = State::new(
        options.lang(),
        options.theme(),
        options.speed.unwrap_or(1.0),
        still,
        Rc::default(),
    );
    State {
        scene: panes.scenes.first().copied().unwrap_or_default(),
        tab: panes.tab.unwrap_or_default(),
        wishes: Wishes { readonly: options.readonly, guest: true, ..Wishes::default() },
        ..state
    }
}

#[component]
pub fn Embedded(props: &Props) -> Html {
    let bridge = Rc::clone(&props.bridge);
    let state = use_reducer({
        let bridge = Rc::clone(&bridge);
        move || SharedState(Rc::new(first_state(&bridge.options.borrow())))
    });
    let link = use_link(&bridge, &state);
    let lab = Lab { state: Rc::clone(&state.0), dispatcher: state.dispatcher(), link };
    bridge.drew(&lab);
    let options = bridge.options.borrow().clone();
    let panes = options.panes();
    use_start(&lab, &bridge);
    use_ready(&lab, &bridge);
    use_failure(&lab, &bridge);
    use_stillness(&lab);
    use_clock(&lab);
    use_queue(&lab);
    let theme = if lab.theme == Theme::Dark { "dark" } else { "light" };
    html! {
        <ContextProvider<Lab> context={lab.clone()}>
            <div class={classes!("lg-root", "embed", options.compact.then_some("compact"))} data-theme={theme} lang={lab.lang.tag()}>
                if panes.lesson { <Lesson /> }
                { stage_pane(&lab, &panes) }
                if panes.inspector { <Inspector /> }
                { controls(&lab, &options) }
                if panes.terminal { <Terminal /> }
                <Dialogs />
                if let Some(why) = &lab.failed { <p class="failure" role="alert">{ lab.t().failed }{ " " }<code>{ why.clone() }</code></p> }
            </div>
        </ContextProvider<Lab>>
    }
}

#[hook]
fn use_link(bridge: &Rc<Bridge>, state: &UseReducerHandle<SharedState>) -> Rc<Link> {
    let (dispatcher, bridge) = (state.dispatcher(), Rc::clone(bridge));
    let link = use_memo((), move |()| {
        let (tell, trouble) = (dispatcher.clone(), dispatcher);
        let full = bridge.full.clone();
        let listener = move |message: layerglass::port::FromMachine| {
            bridge.heard(&message);
            tell.dispatch(Action::Tell(message.id, message.tell));
        };
        let trouble = move |it| {
            trouble.dispatch(match it {
                Trouble::Crashed => Action::Crashed,
                Trouble::NoPart => Action::Note(Note::NoPart),
                Trouble::NoMachine => Action::Failed("the machine did not load".to_owned()),
            });
        };
        Link::start(Box::new(Near { full }), Rc::new(listener), Rc::new(trouble), true)
    });
    Rc::clone(&link)
}

/// The machine is made, and brought to where the author wants it.
#[hook]
fn use_start(lab: &Lab, bridge: &Rc<Bridge>) {
    let (lab, bridge) = (lab.clone(), Rc::clone(bridge));
    use_effect_with((), move |()| {
        let options = bridge.options.borrow().clone();
        let shared = match begin_shared(&options) {
            Ok(shared) => shared,
            Err(why) => return lab.act(Action::Failed(why.to_string())),
        };
        let text = match &shared.start {
            Start::Inline(text) => text.clone(),
            _ => options.scenario.clone().unwrap_or_else(|| scenario::BLANK.to_owned()),
        };
        let Some(scenario) = lab.begin_with(&text, 0, options.lab_id.is_some()) else { return };
        let panes = options.panes();
        lab.act(Action::Scene(panes.scenes.first().copied().unwrap_or_default()));
        lab.act(Action::Tab(panes.tab.unwrap_or_default()));
        if options.autoplay {
            lab.link.send(Ask::Load { scenario });
            let lines: Vec<&str> = shared.past.iter().map(|it| it.line.as_str()).collect();
            lab.run_all(&lines.join("\n"));
        } else {
            lab.make(scenario, &shared);
        }
    });
}

/// What the element begins with: what was shared with it, or the commands of its body.
fn begin_shared(options: &Options) -> Result<Shared, layerglass::share::Error> {
    if let Some(payload) = &options.state {
        return Shared::from_text(payload);
    }
    let lines = lines::commands(&options.commands);
    let at = options.at.filter(|at| *at < lines.len());
    let past = lines.into_iter().map(|line| Past { line, given: Vec::new() }).collect();
    Ok(Shared { past, at, ..Shared::default() })
}

/// The first picture is there.
#[hook]
fn use_ready(lab: &Lab, bridge: &Rc<Bridge>) {
    let (lab, bridge) = (lab.clone(), Rc::clone(bridge));
    use_effect_with(lab.ready && lab.restoring.is_none(), move |ready| {
        if !*ready {
            return;
        }
        let options = bridge.options.borrow().clone();
        if let Some(path) = &options.path {
            let path = match path.strip_prefix('/') {
                Some(_) => path.clone(),
                None => format!("{}/{path}", lab.view.cwd.trim_end_matches('/')),
            };
            lab.trace(path);
        }
        if options.panes().diff && lab.view.at > lab.first() {
            lab.toggle_compare();
        }
        if options.revived {
            lab.act(Action::Note(Note::Crashed));
        }
        bridge.tell("ready", 0, &json!({ "steps": lab.view.steps.len() - lab.first() }));
    });
}

/// What the author gave cannot be used, or no machine can be had.
#[hook]
fn use_failure(lab: &Lab, bridge: &Rc<Bridge>) {
    let bridge = Rc::clone(bridge);
    use_effect_with(lab.failed.clone(), move |failed| {
        if let Some(why) = failed {
            bridge.tell("failed", 0, &json!(why));
        }
    });
}

fn stage_pane(lab: &Lab, panes: &Panes) -> Html {
    if panes.scenes.is_empty() {
        return html! {};
    }
    html! {
        <section class="pane stage" role="group" aria-label={lab.t().stage}
            ~style={format!("--beat:{}ms", layerglass_www::decimal::short(if lab.speed > 0.0 { 400.0 / lab.speed } else { 0.0 }))}>
            if panes.scenes.len() > 1 {
                <div class="scene-choice segmented" role="group" aria-label={lab.t().stage}>
                    { for panes.scenes.iter().map(|scene| scene_button(lab, *scene)) }
                </div>
            }
            <div class={classes!("scene", lab.still.then_some("still"))} role="group" aria-label={stage::scene_name(lab, lab.scene)} tabindex="0">
                { stage::scene(lab) }
            </div>
            { stage::still_label(lab) }
            if lab.compare.is_none() && !lab.scene.is_wide() { { stage::work(lab) } }
            { stage::caption(lab) }
        </section>
    }
}

fn scene_button(lab: &Lab, scene: Scene) -> Html {
    let onclick = {
        let lab = lab.clone();
        move |_| lab.act(Action::Scene(scene))
    };
    html! { <button type="button" aria-pressed={(lab.scene == scene).to_string()} {onclick}>{ stage::scene_name(lab, scene) }</button> }
}

fn controls(lab: &Lab, options: &Options) -> Html {
    match options.controls {
        Controls::Full => html! { <div class="bottom"><Transport />{ to_lab(lab, options) }</div> },
        Controls::Step => {
            html! { <div class="bottom">{ steps(lab) }{ to_lab(lab, options) }</div> }
        }
        Controls::None => html! {},
    }
}

/// The same machine in the full lab.
fn to_lab(lab: &Lab, options: &Options) -> Html {
    let words = lab.lang.share();
    let href = format!("{}#{}", options.lab, lab.shared().to_text());
    html! { <a class="to-lab" part="open" {href} target="_blank" rel="noopener" aria-label={words.open_lab} title={words.open_lab}><span aria-hidden="true">{ "↗" }</span></a> }
}

/// Back, forward, and the command of the moment.
fn steps(lab: &Lab) -> Html {
    let t = lab.t();
    let (at, all, first) = (lab.view.at, lab.view.steps.len(), lab.first());
    let idle = lab.is_idle();
    let line = at.checked_sub(1).and_then(|it| lab.view.steps.get(it)).filter(|it| !it.setup);
    let line = line.map_or(t.start_of_lab.to_owned(), |it| it.line.clone());
    let back = {
        let lab = lab.clone();
        move |_: MouseEvent| lab.undo()
    };
    let on = {
        let lab = lab.clone();
        move |_: MouseEvent| forward(&lab)
    };
    html! {
        <section class="transport steps" role="group" aria-label={t.transport}>
            <button type="button" class="icon" aria-label={t.undo} title={t.undo} disabled={!idle || at <= first} onclick={back}><span aria-hidden="true">{ "◀" }</span></button>
            <button type="button" class="icon" aria-label={t.redo} title={t.redo} disabled={!idle || at >= all} onclick={on}><span aria-hidden="true">{ "▶" }</span></button>
            <output><small>{ format!("{}/{}", at.saturating_sub(first), all.saturating_sub(first)) }</small>{ " " }<code>{ line }</code></output>
        </section>
    }
}

/// The next step, played as if it were run now.
fn forward(lab: &Lab) {
    if lab.player.playing {
        lab.act(Action::Play(PlayerAction::Seek(usize::MAX)));
        return;
    }
    let step = lab.view.steps.get(lab.view.at).cloned();
    lab.redo();
    if let Some(step) = step {
        lab.act(Action::Replayed(Rc::new(step)));
    }
}

//! What goes on by itself wherever the parts stand: the player's clock, the queue of commands, the wish for
//! less motion.

use crate::lab::Lab;
use crate::state::{Action, PlayerAction};
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use yew::prelude::*;

/// Milliseconds of one moment at normal speed.
pub const BEAT_MS: f64 = 400.0;
/// The same where nothing moves: before and after need time to be compared.
const STILL_MS: f64 = 1000.0;

/// The reader asked for less motion.
pub const STILL: &str = "(prefers-reduced-motion: reduce)";

/// Whether the browser says yes to a media query.
pub fn media(query: &str) -> bool {
    let found = web_sys::window().and_then(|it| it.match_media(query).ok().flatten());
    found.is_some_and(|it| it.matches())
}

/// The reader may ask for less motion at any time.
#[hook]
pub fn use_stillness(lab: &Lab) {
    let dispatcher = lab.dispatcher.clone();
    use_effect_with((), move |()| {
        let query = web_sys::window().and_then(|it| it.match_media(STILL).ok().flatten());
        let listener = query.map(|query| {
            EventListener::new(&query.clone(), "change", move |_| {
                dispatcher.dispatch(Action::Still(query.matches()));
            })
        });
        move || drop(listener)
    });
}

/// Moves the player on.
#[hook]
pub fn use_clock(lab: &Lab) {
    let key = (lab.player.playing, lab.player.at, lab.player.frames.len(), lab.speed, lab.view.at);
    let lab = lab.clone();
    use_effect_with(key, move |(playing, ..)| {
        let timer = playing.then(|| {
            let speed = if lab.speed > 0.0 { lab.speed } else { 4.0 };
            let ms = if lab.still { STILL_MS } else { BEAT_MS } / speed;
            Timeout::new(ms as u32, move || lab.act(Action::Play(PlayerAction::Tick)))
        });
        move || drop(timer)
    });
}

/// The next command of the queue, when the machine is free and the last one has been shown.
#[hook]
pub fn use_queue(lab: &Lab) {
    let free = lab.is_idle() && lab.dialog.is_none() && !lab.player.playing;
    let next = lab.queue.front().filter(|_| free).cloned();
    let lab = lab.clone();
    use_effect_with((next, lab.queue.len()), move |(next, _)| {
        if let Some(line) = next {
            lab.act(Action::Dequeue);
            lab.run_now(line);
        }
    });
}

//! The lab's program: the lessons, then the page.

use layerglass_www::{address, app, boot, lessons};

fn main() {
    let draw = || drop(yew::Renderer::<app::App>::new().render());
    boot::with_payload(move |payload| {
        address::set(payload);
        with_lessons(draw);
    });
}

fn with_lessons(draw: impl FnOnce() + 'static) {
    boot::with_lessons(move |first| {
        lessons::add(first);
        // A visit that begins in a later track waits for it; all others do not.
        if app::asks_for_more() {
            boot::with_more_lessons(move |more| {
                lessons::add(more);
                draw();
            });
        } else {
            draw();
            boot::with_more_lessons(lessons::add);
        }
    });
}

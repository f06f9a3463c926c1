//! The page. Draws what the engine reports and sends it commands; it never works out file system
//! behaviour by itself.

mod app;
mod boot;
mod components;
mod guess;
mod i18n;
mod keep;
mod lab;
mod lessons;
mod link;
mod player;
mod state;
mod store;

fn main() {
    let draw = || drop(yew::Renderer::<app::App>::new().render());
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

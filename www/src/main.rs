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
    boot::with_lessons(|texts| {
        lessons::set(texts);
        yew::Renderer::<app::App>::new().render();
    });
}

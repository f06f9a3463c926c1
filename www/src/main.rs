//! The page. Draws what the engine reports and sends it commands; it never works out file system
//! behaviour by itself.

use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <main><h1>{ "Layerglass" }</h1></main> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}

//! The bars between panes: dragged by mouse or touch, moved by arrow keys, put back by a double
//! click. Sizes go straight into custom properties of the layout and are remembered.

use crate::decimal;
use crate::lab::use_lab;
use crate::store;
use web_sys::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Which bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    Lesson,
    Inspector,
    Terminal,
}

/// Pixels of one arrow key.
const STEP: f64 = 24.0;

impl Bar {
    const fn key(self) -> &'static str {
        match self {
            Bar::Lesson => "lesson",
            Bar::Inspector => "inspector",
            Bar::Terminal => "terminal",
        }
    }

    /// The custom property of the layout.
    fn property(self) -> String {
        format!("--size-{}", self.key())
    }

    const fn pane(self) -> &'static str {
        match self {
            Bar::Lesson => "#lesson",
            Bar::Inspector => "#inspector",
            Bar::Terminal => "#terminal",
        }
    }

    const fn is_horizontal(self) -> bool {
        matches!(self, Bar::Terminal)
    }

    /// Bounds of the pane's size in a layout of this size.
    fn bounds(self, whole: f64) -> (f64, f64) {
        match self {
            Bar::Terminal => (110.0, (whole - 190.0).max(110.0)),
            Bar::Lesson | Bar::Inspector => (220.0, (whole * 0.42).max(220.0)),
        }
    }
}

fn layout() -> Option<HtmlElement> {
    let document = web_sys::window()?.document()?;
    document.query_selector(".lab").ok()??.dyn_into().ok()
}

/// Width or height of an element.
fn extent(element: &Element, bar: Bar) -> f64 {
    let rect = element.get_bounding_client_rect();
    if bar.is_horizontal() { rect.height() } else { rect.width() }
}

fn now(bar: Bar) -> f64 {
    let pane = layout().and_then(|it| it.query_selector(bar.pane()).ok().flatten());
    pane.map_or(0.0, |it| extent(&it, bar))
}

/// Gives the pane a size within its bounds, and tells it.
fn set(bar: Bar, size: f64) -> f64 {
    let Some(layout) = layout() else { return size };
    let (least, most) = bar.bounds(extent(&layout, bar));
    let size = size.clamp(least, most).round();
    let _ = layout.style().set_property(&bar.property(), &format!("{}px", decimal::short(size)));
    size
}

/// The terminal's width in letters may have changed.
fn settle() {
    if let (Some(window), Ok(event)) = (web_sys::window(), Event::new("resize")) {
        let _ = window.dispatch_event(&event);
    }
}

fn reset(bar: Bar) {
    if let Some(layout) = layout() {
        let _ = layout.style().remove_property(&bar.property());
    }
    store::save(&format!("size.{}", bar.key()), "");
    settle();
}

#[derive(Properties, PartialEq)]
pub struct Props {
    pub bar: Bar,
}

#[component]
pub fn Split(props: &Props) -> Html {
    let lab = use_lab();
    let t = lab.tools();
    let bar = props.bar;
    let size = use_state(|| 0.0_f64);
    {
        let size = size.clone();
        use_effect_with((), move |()| {
            let kept =
                store::load(&format!("size.{}", bar.key())).and_then(|it| decimal::number(&it));
            size.set(kept.map_or_else(|| now(bar), |kept: f64| set(bar, kept)));
        });
    }
    let keep = {
        let size = size.clone();
        move |to: f64| {
            let to = set(bar, to);
            size.set(to);
            store::save(&format!("size.{}", bar.key()), &decimal::short(to));
            settle();
        }
    };
    let onkeydown = {
        let keep = keep.clone();
        Callback::from(move |event: KeyboardEvent| {
            let (less, more) = match bar {
                Bar::Lesson => ("ArrowLeft", "ArrowRight"),
                Bar::Inspector => ("ArrowRight", "ArrowLeft"),
                Bar::Terminal => ("ArrowDown", "ArrowUp"),
            };
            let to = match event.key() {
                key if key == less => now(bar) - STEP,
                key if key == more => now(bar) + STEP,
                key if key == "Home" => 0.0,
                key if key == "End" => f64::from(u16::MAX),
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            keep(to);
        })
    };
    // From where the drag started: pointer and size.
    let drag = use_mut_ref(|| None::<(f64, f64)>);
    let at = move |event: &PointerEvent| {
        f64::from(if bar.is_horizontal() { event.client_y() } else { event.client_x() })
    };
    let onpointerdown = {
        let drag = drag.clone();
        Callback::from(move |event: PointerEvent| {
            let Some(element) = event.target_dyn_into::<Element>() else { return };
            let _ = element.set_pointer_capture(event.pointer_id());
            *drag.borrow_mut() = Some((at(&event), now(bar)));
        })
    };
    let moved = move |start: (f64, f64), event: &PointerEvent| {
        let by = at(event) - start.0;
        start.1 + if bar == Bar::Lesson { by } else { -by }
    };
    let onpointermove = {
        let drag = drag.clone();
        Callback::from(move |event: PointerEvent| {
            if let Some(start) = *drag.borrow() {
                set(bar, moved(start, &event));
            }
        })
    };
    let onpointerup = {
        let (drag, keep) = (drag.clone(), keep.clone());
        Callback::from(move |event: PointerEvent| {
            if let Some(start) = drag.take().filter(|it| (at(&event) - it.0).abs() > 2.0) {
                keep(moved(start, &event));
            }
        })
    };
    let onpointercancel = Callback::from(move |_: PointerEvent| *drag.borrow_mut() = None);
    let label = match bar {
        Bar::Lesson => t.resize_lesson,
        Bar::Inspector => t.resize_inspector,
        Bar::Terminal => t.resize_terminal,
    };
    let (_, most) = bar.bounds(layout().map_or(1000.0, |it| extent(&it, bar)));
    html! {
        <div class={classes!("split", format!("split-{}", bar.key()))} role="separator" tabindex="0" aria-label={label} title={label}
            aria-orientation={if bar.is_horizontal() { "horizontal" } else { "vertical" }}
            aria-valuemin="0" aria-valuemax={decimal::short(most.round())} aria-valuenow={decimal::short(size.min(most).round())}
            {onkeydown} {onpointerdown} {onpointermove} {onpointerup} {onpointercancel} ondblclick={move |_| reset(bar)}></div>
    }
}

//! What an element's attributes and body ask for, as the loader hands it over.

use layerglass_www::i18n::Lang;
use layerglass_www::state::{Scene, Tab, Theme};
use serde::Deserialize;

/// All of it. What is missing is as in an element without attributes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Text of a scenario file; none: an empty machine.
    pub scenario: Option<String>,
    /// It is the built-in one with this id.
    pub lab_id: Option<String>,
    /// Commands that are run at the start, each a step.
    pub commands: String,
    /// What a share link carries, unpacked; it goes before the commands. Its scenario is `scenario`.
    pub state: Option<String>,
    /// Names of parts, with commas.
    pub view: String,
    pub controls: Controls,
    pub readonly: bool,
    /// The step to stand at; none: the last one.
    pub at: Option<usize>,
    /// The path whose lookup is shown.
    pub path: Option<String>,
    pub autoplay: bool,
    pub speed: Option<f64>,
    pub lang: String,
    /// `dark`, or light.
    pub theme: String,
    pub compact: bool,
    /// The program broke down and was loaded anew: `state` is where this element stood.
    pub revived: bool,
    /// The lab's address, for "Open in full lab".
    pub lab: String,
}

/// Buttons below the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Controls {
    #[default]
    Full,
    Step,
    None,
}

/// What stands where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panes {
    pub scenes: Vec<Scene>,
    pub lesson: bool,
    pub terminal: bool,
    pub inspector: bool,
    pub tab: Option<Tab>,
    /// The stage begins with what has changed.
    pub diff: bool,
}

impl Options {
    pub fn lang(&self) -> Lang {
        Lang::from_tag(&self.lang).unwrap_or_default()
    }

    pub fn theme(&self) -> Theme {
        if self.theme == "dark" { Theme::Dark } else { Theme::Light }
    }

    /// The parts that `view` names; words that are none are left out.
    pub fn panes(&self) -> Panes {
        let mut panes = Panes::default();
        for word in self.view.split(',').map(str::trim) {
            match word {
                "matrix" => panes.scenes.push(Scene::Matrix),
                "stack" => panes.scenes.push(Scene::Stack),
                "files" => panes.scenes.push(Scene::Files),
                "table" => panes.scenes.push(Scene::Table),
                "graph" => panes.scenes.push(Scene::Graph),
                "images" => panes.scenes.push(Scene::Shelves),
                "terminal" => panes.terminal = true,
                "lesson" => panes.lesson = true,
                "trace" => (panes.inspector, panes.tab) = (true, Some(Tab::Trace)),
                "inspect" => (panes.inspector, panes.tab) = (true, Some(Tab::Content)),
                "diff" => {
                    panes.diff = true;
                    if panes.scenes.is_empty() {
                        panes.scenes.push(Scene::Matrix);
                    }
                }
                _ => {}
            }
        }
        if panes == Panes::default() {
            (panes.scenes, panes.terminal) = (vec![Scene::Matrix], true);
        }
        panes
    }
}

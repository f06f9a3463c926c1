//! What the reader opened: images of archives, and what of them is looked at.

use layerglass::port::archive::{Line, Look, Tell};
use layerglass::survey::{
    Comparison, Content, File, Filter, Finding, Image, Place, Preview, Scope, Sort, Version, Waste,
};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Pages of the panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    #[default]
    Files,
    Waste,
    Secrets,
    Dockerfile,
    Compare,
}

/// Something that takes time: bytes, layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
    pub layer: u32,
    pub layers: u32,
}

/// Rows that were told, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    pub skip: u32,
    pub total: u32,
    pub bytes: u64,
    pub rows: Vec<Line>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub waste: Waste,
    pub secrets: Vec<Finding>,
    pub dockerfile: String,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The name of the file that is being opened, and how far that is.
    pub opening: Option<(String, Progress)>,
    /// What comes in pieces.
    pub coming: Option<Progress>,
    /// What could not be done.
    pub refused: Option<String>,
    pub notes: Vec<String>,
    pub images: Vec<(u32, Rc<Image>)>,
    /// The one that is looked at.
    pub image: u32,
    pub page: Page,
    pub scope: Scope,
    pub sort: Sort,
    pub filter: Filter,
    pub open: BTreeSet<String>,
    /// Rows that were asked for are told for this.
    pub rows: Option<Rc<Rows>>,
    pub file: Option<Rc<File>>,
    pub versions: Rc<Vec<Version>>,
    pub preview: Option<(Place, Rc<Preview>)>,
    pub difference: Option<Rc<(Place, Place, Content)>>,
    pub findings: Option<(u32, Rc<Findings>)>,
    pub against: Option<u32>,
    pub comparison: Option<(u32, u32, Rc<Comparison>)>,
    /// The archive that lies in the machine and is to be loaded there.
    pub put: Option<String>,
}

impl Default for Archive {
    fn default() -> Archive {
        Archive {
            opening: None,
            coming: None,
            refused: None,
            notes: Vec::new(),
            images: Vec::new(),
            image: 0,
            page: Page::Files,
            scope: Scope::Merged(0),
            sort: Sort::Path,
            filter: Filter::default(),
            open: BTreeSet::new(),
            rows: None,
            file: None,
            versions: Rc::default(),
            preview: None,
            difference: None,
            findings: None,
            against: None,
            comparison: None,
            put: None,
        }
    }
}

impl Archive {
    /// The image that is looked at.
    pub fn shown(&self) -> Option<&Rc<Image>> {
        self.images.iter().find(|it| it.0 == self.image).map(|it| &it.1)
    }

    /// Another image, from its whole tree.
    pub fn show(&mut self, number: u32) {
        self.image = number;
        let layers = self.shown().map_or(0, |it| it.layers.len() as u32);
        self.scope = Scope::Merged(layers);
        (self.rows, self.file, self.difference) = (None, None, None);
        (self.open, self.comparison) = (BTreeSet::new(), None);
    }

    /// Something is filtered, so the files are one list.
    pub fn is_filtered(&self) -> bool {
        let it = &self.filter;
        !it.text.is_empty() || !it.kinds.is_empty() || !it.states.is_empty() || it.min > 0
    }

    /// How the files are looked at.
    pub fn look(&self) -> Look {
        match self.is_filtered() {
            true => Look::List(Filter { sort: self.sort, ..self.filter.clone() }),
            false => Look::Tree { open: self.open.iter().cloned().collect(), sort: self.sort },
        }
    }

    /// A file is picked: what belongs to the one before goes.
    pub fn pick(&mut self, file: File) {
        self.file = Some(Rc::new(file));
        (self.preview, self.difference, self.versions) = (None, None, Rc::default());
    }

    #[inline(never)]
    pub fn tell(&mut self, tell: Tell) {
        match tell {
            Tell::Progress { done, total, layer, layers } => {
                let progress = Progress { done, total, layer, layers };
                match &mut self.opening {
                    Some((_, it)) => *it = progress,
                    None => self.coming = Some(progress),
                }
            }
            Tell::Opened { images, notes } => {
                self.opening = None;
                self.notes = notes;
                let first = images.first().map_or(0, |it| it.0);
                self.images.extend(images.into_iter().map(|(n, it)| (n, Rc::new(it))));
                self.show(first);
                self.page = Page::Files;
            }
            Tell::Refused { message } => {
                (self.opening, self.coming) = (None, None);
                self.refused = Some(message);
            }
            Tell::Cancelled => self.opening = None,
            Tell::Rows { image, scope, skip, total, bytes, rows } => {
                if (image, scope) == (self.image, self.scope) {
                    self.rows = Some(Rc::new(Rows { skip, total, bytes, rows }));
                }
            }
            Tell::Versions { path, versions } => {
                if self.file.as_ref().is_some_and(|it| it.path == path) {
                    self.versions = Rc::new(versions);
                }
            }
            Tell::Preview { place, preview } => self.preview = Some((place, Rc::new(preview))),
            Tell::Difference { old, new, content } => {
                self.difference = Some(Rc::new((old, new, content)));
            }
            Tell::Findings { image, waste, secrets, dockerfile } => {
                self.findings = Some((image, Rc::new(Findings { waste, secrets, dockerfile })));
            }
            Tell::Compared { old, new, comparison } => {
                self.comparison = Some((old, new, Rc::new(comparison)));
            }
            Tell::Put { path } => self.put = Some(path),
        }
    }
}

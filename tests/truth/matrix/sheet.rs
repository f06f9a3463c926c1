//! Scripts on their way into files.

/// A script and the name of its file below `tests/corpus/matrix`.
pub struct Script {
    pub name: String,
    pub text: String,
}

/// The scripts of one folder.
pub struct Sheet {
    folder: &'static str,
    pub scripts: Vec<Script>,
}

/// A case being put together.
pub struct Draft<'a> {
    sheet: &'a mut Sheet,
    name: String,
    head: Vec<(&'static str, String)>,
    lines: Vec<String>,
}

impl Sheet {
    pub fn new(folder: &'static str) -> Sheet {
        Sheet { folder, scripts: Vec::new() }
    }

    /// A case with its title and the rules that it is about.
    pub fn case(&mut self, name: &str, title: &str, rules: &str) -> Draft<'_> {
        let name = format!("{}/{name}", self.folder);
        let head = vec![("case", title.to_owned()), ("rules", rules.to_owned())];
        Draft { sheet: self, name, head, lines: Vec::new() }
    }
}

impl Draft<'_> {
    pub fn head(mut self, key: &'static str, value: &str) -> Self {
        if !value.is_empty() {
            self.head.push((key, value.to_owned()));
        }
        self
    }
    pub fn layers(self, layers: &str) -> Self {
        self.head("layers", layers)
    }
    pub fn options(self, options: &str) -> Self {
        self.head("options", options)
    }
    pub fn disks(self, disks: &str) -> Self {
        self.head("disks", disks)
    }

    /// Lines of the script, one or several in a text.
    pub fn do_<T: AsRef<str>>(mut self, lines: impl IntoIterator<Item = T>) -> Self {
        for text in lines {
            let each = text.as_ref().lines().map(str::trim).filter(|it| !it.is_empty());
            self.lines.extend(each.map(str::to_owned));
        }
        self
    }

    /// The end of the case.
    pub fn done(self) {
        let mut text = String::new();
        for (key, value) in &self.head {
            text.push_str(&format!("{key}: {value}\n"));
        }
        text.push('\n');
        self.lines.iter().for_each(|it| text.push_str(&format!("{it}\n")));
        self.sheet.scripts.push(Script { name: self.name, text });
    }
}

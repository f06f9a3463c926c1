//! Files of the repository, natively and on Node.

/// Files below `dir` (seen from the repository) with this ending, as (path below it without the
/// ending, text), sorted.
pub fn below(dir: &str, ending: &str) -> Vec<(String, String)> {
    let root = format!("{}/{dir}", env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root, "", ending, &mut paths);
    paths.sort();
    let read = |name: String| {
        let text = host::read(&format!("{root}/{name}.{ending}"));
        (name, text)
    };
    paths.into_iter().map(read).collect()
}

fn collect(root: &str, prefix: &str, ending: &str, paths: &mut Vec<String>) {
    for name in host::list(&format!("{root}/{prefix}")) {
        match name.strip_suffix(ending).and_then(|it| it.strip_suffix('.')) {
            Some(stem) => paths.push(format!("{prefix}{stem}")),
            None if !name.contains('.') => {
                collect(root, &format!("{prefix}{name}/"), ending, paths);
            }
            None => {}
        }
    }
}

#[allow(unused_imports, reason = "not every test reads single files")]
pub use host::read;

#[cfg(not(target_arch = "wasm32"))]
mod host {
    pub fn list(dir: &str) -> Vec<String> {
        let entries = std::fs::read_dir(dir).unwrap_or_else(|why| panic!("{dir}: {why}"));
        entries.flatten().map(|it| it.file_name().to_string_lossy().into_owned()).collect()
    }

    pub fn read(path: &str) -> String {
        std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{path}: {why}"))
    }
}

#[cfg(target_arch = "wasm32")]
mod host {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen(module = "fs")]
    extern "C" {
        #[wasm_bindgen(js_name = readdirSync)]
        fn readdir_sync(dir: &str) -> Vec<String>;
        #[wasm_bindgen(js_name = readFileSync)]
        fn read_file_sync(path: &str, encoding: &str) -> String;
    }

    pub fn list(dir: &str) -> Vec<String> {
        readdir_sync(dir)
    }

    pub fn read(path: &str) -> String {
        read_file_sync(path, "utf8")
    }
}

//! What the browser remembers of this reader. Storage may be blocked; then nothing is remembered.

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// Remembers a value.
pub fn save(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&format!("layerglass.{key}"), value);
    }
}

/// What was remembered.
pub fn load(key: &str) -> Option<String> {
    storage()?.get_item(&format!("layerglass.{key}")).ok().flatten()
}

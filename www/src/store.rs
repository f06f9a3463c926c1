//! What the browser remembers of this reader. Storage may be blocked; then nothing is remembered.

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// What this tab remembers until it is closed.
fn session() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

/// Remembers a value in this tab; `false` where that cannot be.
pub fn keep(key: &str, value: &str) -> bool {
    session().is_some_and(|it| it.set_item(&format!("layerglass.{key}"), value).is_ok())
}

/// What this tab remembered.
pub fn kept(key: &str) -> Option<String> {
    session()?.get_item(&format!("layerglass.{key}")).ok().flatten()
}

/// Forgets a value of this tab.
pub fn drop_kept(key: &str) {
    if let Some(storage) = session() {
        let _ = storage.remove_item(&format!("layerglass.{key}"));
    }
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

//! What the browser remembers of this reader. Storage may be blocked; then nothing is remembered.

use std::cell::Cell;
use web_sys::Storage;

thread_local! {
    static GUEST: Cell<bool> = const { Cell::new(false) };
}

/// From now on nothing is remembered: the page is somebody else's, and so is its storage.
pub fn be_guest() {
    GUEST.set(true);
}

/// Until the reader clears it.
fn lasting() -> Option<Storage> {
    if GUEST.get() {
        return None;
    }
    web_sys::window()?.local_storage().ok().flatten()
}

/// Until the tab is closed.
fn of_tab() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

fn name(key: &str) -> String {
    format!("layerglass.{key}")
}

fn put(storage: Option<Storage>, key: &str, value: &str) {
    if let Some(it) = storage {
        let _ = it.set_item(&name(key), value);
    }
}

fn get(storage: Option<Storage>, key: &str) -> Option<String> {
    storage?.get_item(&name(key)).ok().flatten()
}

/// Remembers a value.
pub fn save(key: &str, value: &str) {
    put(lasting(), key, value);
}

/// What was remembered.
pub fn load(key: &str) -> Option<String> {
    get(lasting(), key)
}

/// Remembers a value in this tab.
pub fn keep(key: &str, value: &str) {
    put(of_tab(), key, value);
}

/// What this tab remembered.
pub fn kept(key: &str) -> Option<String> {
    get(of_tab(), key)
}

/// Forgets a value of this tab.
pub fn drop_kept(key: &str) {
    if let Some(it) = of_tab() {
        let _ = it.remove_item(&name(key));
    }
}

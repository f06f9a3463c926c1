//! What the address of the page asks for: `#lab=ID&lang=zh-CN&theme=dark&view=stack&engine=page`, a link that
//! was shared, or nothing. Read once, when the page opens.

use layerglass::share::{Error, Shared};
use std::cell::RefCell;

thread_local! {
    static PAYLOAD: RefCell<Result<String, Trouble>> = const { RefCell::new(Ok(String::new())) };
}

/// Why a link cannot be opened, for the texts of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It could not be unpacked: the kind of `static/embed/pack.js`, and its detail.
    Packed(String, String),
    /// It says what cannot be.
    Said(Error),
}

/// The payload came, or what is wrong with it (kind and detail).
pub fn set(payload: Result<String, (String, String)>) {
    PAYLOAD.set(payload.map_err(|(kind, detail)| Trouble::Packed(kind, detail)));
}

/// The value of a key. What looks like a shared link is found in there too.
pub fn asked(key: &str) -> Option<String> {
    let payload = PAYLOAD.with_borrow(|it| it.clone().ok())?;
    payload
        .split('&')
        .filter_map(|it| it.split_once('='))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value.to_owned())
}

/// The visit as a word: another address is another wish.
pub fn wish() -> String {
    let payload = PAYLOAD.with_borrow(|it| it.clone().unwrap_or_default());
    if is_shared(&payload) { payload } else { asked("lab").unwrap_or_default() }
}

/// More than a lesson to begin with: commands, or a scenario of its own.
fn is_shared(payload: &str) -> bool {
    payload.split('&').any(|it| ["run=", "scenario=", "sum="].iter().any(|key| it.starts_with(key)))
}

/// What was shared; `None`: the address asks for no more than a lesson.
pub fn shared() -> Option<Result<Shared, Trouble>> {
    match PAYLOAD.with_borrow(Clone::clone) {
        Err(trouble) => Some(Err(trouble)),
        Ok(payload) if is_shared(&payload) => {
            Some(Shared::from_text(&payload).map_err(Trouble::Said))
        }
        Ok(_) => None,
    }
}

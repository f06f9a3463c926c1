//! The self-check: a recorded kernel trace replayed on the engine, here and now.

/// Is what the engine does what the kernel was seen to do?
///
/// # Errors
/// With the first difference.
#[cfg(feature = "testing")]
pub fn same(text: &str) -> Result<(), String> {
    use crate::testing::{case::Case, compare::differences, engine::Engine};
    let case = Case::parse(text)?;
    let engine = Engine::new().map_err(|errno| errno.message().to_owned())?;
    let (got, _) = engine.record(&case).map_err(|why| format!("{why:?}"))?;
    match differences(&case, &got).first() {
        Some(difference) => Err(difference.show()),
        None => Ok(()),
    }
}

/// Without the recorder nothing can be compared.
///
/// # Errors
/// Always.
#[cfg(not(feature = "testing"))]
pub fn same(_text: &str) -> Result<(), String> {
    Err("built without the recorder".to_owned())
}

//! The self-check: a recorded kernel trace replayed on the engine, here and now.

/// The kernel that a trace was recorded on, without the patch level: `Linux 6.18`.
pub fn recorded_on(text: &str) -> String {
    let version = text.lines().find_map(|line| line.strip_prefix("kernel:")).unwrap_or_default();
    let parts: Vec<&str> = version.trim().split('.').take(2).collect();
    format!("Linux {}", parts.join(".")).trim_end().to_owned()
}

/// Is what the engine does what the kernel was seen to do?
///
/// # Errors
/// With the first difference.
#[cfg(feature = "testing")]
pub fn same(text: &str) -> Result<(), String> {
    use crate::testing::{case::Case, compare::differences, engine::Engine};
    let case = Case::parse(text)?;
    let engine = Engine::new().map_err(|errno| errno.message().to_owned())?;
    let (got, _) = engine.record(&case).map_err(|why| why.to_string())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_stands_in_the_trace() {
        assert_eq!(recorded_on("case: a\nkernel: 6.18.44\n\nmount\n"), "Linux 6.18");
        assert_eq!(recorded_on("case: a\n"), "Linux");
    }

    #[cfg(feature = "testing")]
    #[test]
    fn a_wrong_trace_is_told_apart() {
        let right = "case: a\nlayers: l1\n\nf l1/a 1\n";
        assert_eq!(same(right), Ok(()));
        let wrong = format!("{right}mount\n  = EPERM\n");
        let told = same(&wrong).unwrap_err();
        assert!(told.contains("expected  = EPERM"), "{told}");
        assert!(same("  = 0\n").is_err());
    }
}

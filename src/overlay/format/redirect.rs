//! The `redirect` attribute: under which name to look in lower layers.

use crate::errno::Errno;
use crate::types::Result;

/// Where lower layers keep the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// Another name in the same lower directories.
    Relative(Vec<u8>),
    /// A path from the root of the overlay, beginning with a slash.
    Absolute(Vec<u8>),
}

/// The text of a value: what follows a NUL does not count (R2.9).
pub fn text(value: &[u8]) -> &[u8] {
    value.split(|&b| b == 0).next().unwrap_or_default()
}

/// Reads the value (R2.9).
///
/// # Errors
/// `EINVAL` for an empty value, a relative one with a slash, an absolute one with an empty
/// component.
pub fn parse(value: &[u8]) -> Result<Redirect> {
    let text = text(value);
    match text.strip_prefix(b"/") {
        Some(rest) => {
            if rest.split(|&b| b == b'/').any(<[u8]>::is_empty) {
                return Err(Errno::EINVAL);
            }
            Ok(Redirect::Absolute(text.to_vec()))
        }
        None if text.is_empty() || text.contains(&b'/') => Err(Errno::EINVAL),
        None => Ok(Redirect::Relative(text.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_as_observed() {
        for bad in [&b""[..], b"p/q", b"/p//q", b"/p/q/", b"/", b"//d"] {
            assert_eq!(parse(bad), Err(Errno::EINVAL), "{bad:?}");
        }
        assert_eq!(parse(b"d\0"), Ok(Redirect::Relative(b"d".to_vec())));
        assert_eq!(parse(b"/p/q"), Ok(Redirect::Absolute(b"/p/q".to_vec())));
        assert_eq!(parse(b".."), Ok(Redirect::Relative(b"..".to_vec())));
    }
}

//! The `opaque` attribute of a directory.

/// What the attribute says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opaque {
    /// `y`: does not merge with what is below.
    Opaque,
    /// `x`: merges, and listings must look for whiteouts that are attributes.
    Xwhiteouts,
    /// Anything else has no meaning (R2 e04: `n`, `yy` and an empty value).
    No,
}

/// Reads the value.
pub fn parse(value: &[u8]) -> Opaque {
    match value {
        b"y" => Opaque::Opaque,
        b"x" => Opaque::Xwhiteouts,
        _ => Opaque::No,
    }
}

//! Bytes in an address: `%20` for a space, and so on (RFC 3986, section 2.1).

/// Signs that stand for themselves wherever a link is pasted: no quotes, brackets or spaces.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/:,.-_~@;$!".contains(&byte)
}

/// The bytes as they stand in an address.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if is_plain(*byte) {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The bytes that are meant; `+` is a space, as in forms. `None`: a `%` without its two digits.
pub fn plain(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            b'+' => b' ',
            byte => byte,
        });
    }
    Some(out)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|it| it as u8)
}

//! Properties of datasets: which there are, what they take, and what is inherited.

use super::Own;
use crate::errno::Errno;
use crate::types::Result;

/// A property that can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    Quota,
    Recordsize,
    Mountpoint,
    Compression,
    Atime,
    Readonly,
}

struct Row {
    property: Property,
    name: &'static str,
    default: &'static str,
    inherited: bool,
}

const TABLE: &[Row] = &[
    Row { property: Property::Quota, name: "quota", default: "none", inherited: false },
    Row { property: Property::Recordsize, name: "recordsize", default: "128K", inherited: true },
    Row { property: Property::Mountpoint, name: "mountpoint", default: "", inherited: true },
    Row { property: Property::Compression, name: "compression", default: "off", inherited: true },
    Row { property: Property::Atime, name: "atime", default: "on", inherited: true },
    Row { property: Property::Readonly, name: "readonly", default: "off", inherited: true },
];

impl Property {
    pub fn by_name(name: &str) -> Option<Property> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.property)
    }

    fn row(self) -> &'static Row {
        // Every property stands in the table (see the test below).
        TABLE.iter().find(|row| row.property == self).unwrap_or(&TABLE[0])
    }

    pub fn name(self) -> &'static str {
        self.row().name
    }

    pub fn all() -> impl Iterator<Item = Property> {
        TABLE.iter().map(|row| row.property)
    }

    /// The value in the form in which it is shown.
    ///
    /// # Errors
    /// `EINVAL`: no such property, or not a value of it. `EOPNOTSUPP`: compression, which is not simulated.
    pub fn parse(name: &str, value: &str) -> Result<(Property, String)> {
        let property = Property::by_name(name).ok_or(Errno::EINVAL)?;
        let switch = ["on", "off"].contains(&value);
        let value = match property {
            Property::Quota if ["none", "0"].contains(&value) => "none".to_owned(),
            Property::Quota => short(size(value).ok_or(Errno::EINVAL)?),
            Property::Recordsize => {
                let bytes = size(value).ok_or(Errno::EINVAL)?;
                if !bytes.is_power_of_two() || !(512..=16 << 20).contains(&bytes) {
                    return Err(Errno::EINVAL);
                }
                short(bytes)
            }
            Property::Mountpoint if ["none", "legacy"].contains(&value) => value.to_owned(),
            Property::Mountpoint if value.starts_with('/') => value.to_owned(),
            Property::Compression if value == "off" => value.to_owned(),
            Property::Compression => return Err(Errno::EOPNOTSUPP),
            Property::Atime | Property::Readonly if switch => value.to_owned(),
            _ => return Err(Errno::EINVAL),
        };
        Ok((property, value))
    }
}

/// Bytes of a size with a letter behind it: `128K`, `1.5G`, `4096`.
pub(super) fn size(text: &str) -> Option<u64> {
    let text = text.trim_end_matches(['B', 'b']);
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return None,
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: u64 = whole.parse().ok()?;
    let part: f64 = if part.is_empty() { 0.0 } else { format!("0.{part}").parse().ok()? };
    let unit = 1u64 << shift;
    Some(whole.checked_mul(unit)? + (part * unit as f64) as u64)
}

/// A size in the largest unit that divides it.
fn short(bytes: u64) -> String {
    for (shift, letter) in [(40, "T"), (30, "G"), (20, "M"), (10, "K")] {
        if bytes != 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{}{letter}", bytes >> shift);
        }
    }
    bytes.to_string()
}

/// # Errors
/// `EINVAL`: empty parts, characters that names do not have. `ENAMETOOLONG`: beyond 255 bytes.
pub(super) fn check_name(name: &str) -> Result<()> {
    if name.len() > 255 {
        return Err(Errno::ENAMETOOLONG);
    }
    let (set, snapshot) = match name.split_once('@') {
        Some((set, snapshot)) => (set, Some(snapshot)),
        None => (name, None),
    };
    let good = |part: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || "-_.: ".contains(c);
        !part.is_empty() && part.chars().all(known)
    };
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let parts = set.split('/').all(|part| good(part) && part != "." && part != "..");
    if starts && parts && snapshot.is_none_or(good) { Ok(()) } else { Err(Errno::EINVAL) }
}

impl Own {
    /// The value of a dataset's property, and where it comes from.
    pub(super) fn value(&self, name: &str, property: Property) -> (String, String) {
        let row = property.row();
        let mut at = name.split_once('@').map_or(name, |it| it.0);
        loop {
            let set = self.sets.get(at).and_then(|set| set.props.get(row.name));
            if let Some(value) = set {
                let own = at == name;
                let value = match property {
                    Property::Mountpoint if value.starts_with('/') => below(value, at, name),
                    _ => value.clone(),
                };
                let from = if own { "local".to_owned() } else { format!("inherited from {at}") };
                return (value, from);
            }
            match at.rsplit_once('/') {
                Some((above, _)) if row.inherited => at = above,
                _ => break,
            }
        }
        let value = match property {
            Property::Mountpoint => format!("/{name}"),
            _ => row.default.to_owned(),
        };
        (value, "default".to_owned())
    }
}

/// A mount point that is inherited: the rest of the name is the rest of the path.
fn below(value: &str, at: &str, name: &str) -> String {
    let rest = name.strip_prefix(at).unwrap_or("");
    format!("{}{rest}", value.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_stands_in_the_table_and_takes_its_default() {
        for property in Property::all() {
            assert_eq!(property.row().property, property);
            let default = property.row().default;
            if !default.is_empty() {
                assert_eq!(
                    Property::parse(property.name(), default),
                    Ok((property, default.to_owned()))
                );
            }
        }
    }

    #[test]
    fn sizes_and_names() {
        assert_eq!(
            ["128K", "1.5G", "4096", "10m", "x", "1Q"].map(size),
            [Some(131_072), Some(1_610_612_736), Some(4096), Some(10 << 20), None, None]
        );
        assert_eq!([131_072, 1 << 30, 4095].map(short), ["128K", "1G", "4095"]);
        for (name, good) in
            [("tank/a-b.c:1", true), ("tank//a", false), ("1a", false), ("a@", false)]
        {
            assert_eq!(check_name(name).is_ok(), good, "{name}");
        }
    }
}

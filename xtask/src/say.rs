//! What a person reads while xtask works: one line per step, and how long it took.

use std::time::Duration;

/// Announces a step.
pub fn step(text: &str) {
    println!("\n==> {text}");
}

/// A remark that belongs to the current step.
pub fn note(text: &str) {
    println!("    {text}");
}

/// A duration as people say it: `7.3 s`, `2 min 05 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds >= 60 {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// A number of bytes with thousands separated: `43 512 B`.
pub fn bytes(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out + " B"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_read_well() {
        assert_eq!(duration(Duration::from_millis(7310)), "7.3 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 05 s");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1043512), "1 043 512 B");
    }
}

//! The lab's style sheet for a shadow root: what the lab says of its whole page is said of the element's
//! own root, sizes do not follow the host's type, and a host may set each colour as `--lg-NAME`.

const LAB: &str = concat!(
    include_str!("../../../static/styles/app.css"),
    include_str!("../../../static/styles/later.css")
);
const EMBED: &str = include_str!("../../../static/styles/embed.css");

/// The class of the element's own root.
const ROOT: &str = ".lg-root";

/// Both sheets.
pub fn sheet() -> String {
    let lab = LAB.replace(":root", ROOT);
    let mut out = String::with_capacity(LAB.len() * 5 / 4 + EMBED.len());
    let mut rest = lab.as_str();
    while let Some(at) = rest.find(ROOT) {
        let Some(end) = rest[at..].find('}').map(|it| at + it) else { break };
        out.push_str(&rest[..at]);
        out.push_str(&open_colours(&rest[at..end]));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.push_str(EMBED);
    own_rem(&out)
}

/// `--name: value;` becomes `--name: var(--lg-name, value);`.
fn open_colours(rule: &str) -> String {
    let (head, body) = rule.split_once('{').unwrap_or((rule, ""));
    let declare = |it: &str| match it.split_once(':') {
        Some((name, value)) if name.trim().starts_with("--") => {
            let name = name.trim();
            format!("{name}: var(--lg-{}, {});", &name[2..], value.trim())
        }
        _ if it.trim().is_empty() => String::new(),
        _ => format!("{};", it.trim()),
    };
    let body: String = body.split(';').map(declare).collect();
    format!("{head}{{{body}")
}

/// A `rem` is of the host's page: its root may have any size.
fn own_rem(css: &str) -> String {
    let mut out = String::with_capacity(css.len() * 5 / 4);
    let mut rest = css;
    while let Some(at) = rest.find("rem") {
        let digits = |c: char| c.is_ascii_digit() || c == '.';
        let from = rest[..at].trim_end_matches(digits).len();
        let number = &rest[from..at];
        if !number.contains(|c: char| c.is_ascii_digit()) {
            out.push_str(&rest[..at + 3]);
        } else {
            out.push_str(&rest[..from]);
            out.push_str(&format!("calc({number} * var(--rem))"));
        }
        rest = &rest[at + 3..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_host_page_is_left() {
        let sheet = sheet();
        assert!(!sheet.contains(":root"));
        assert!(sheet.contains("--bg: var(--lg-bg, #eef1f4);"), "{}", &sheet[..600]);
        assert_eq!(
            own_rem("a { font-size: .8rem; } .remote { x: 1.02rem }"),
            "a { font-size: calc(.8 * var(--rem)); } .remote { x: calc(1.02 * var(--rem)) }"
        );
        let open = sheet.matches('{').count();
        assert_eq!(open, sheet.matches('}').count());
    }
}

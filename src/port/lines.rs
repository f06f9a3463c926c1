//! A pasted text as the commands that it is made of: each becomes a step of its own.

use crate::shell::parse::Parser;

/// The complete commands of a text, in order, with the comments before them. What is wrong or cut
/// off stays together with everything after it: the shell itself says so.
pub fn commands(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut parser = Parser::new(bytes, 1);
    let mut out = Vec::new();
    let mut from = 0;
    while let Ok(Some(_)) = parser.complete_command() {
        let to = parser.position().0.min(bytes.len());
        push(&mut out, text.get(from..to));
        from = to.max(from);
    }
    push(&mut out, text.get(from..));
    out
}

fn push(out: &mut Vec<String>, part: Option<&str>) {
    let part = part.unwrap_or_default().trim_matches('\n');
    if !part.trim().is_empty() {
        out.push(part.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn a_command_may_have_several_lines() {
        let text = "mkdir a\n\n# then\nfor i in 1 2; do\n  echo $i\ndone\ncat <<EOF\nx\nEOF\nls";
        let want =
            ["mkdir a", "# then\nfor i in 1 2; do\n  echo $i\ndone", "cat <<EOF\nx\nEOF", "ls"];
        assert_eq!(commands(text), want);
    }

    #[test]
    fn what_is_wrong_stays_together() {
        assert_eq!(commands("ls\nif true; then\n  ls\n"), ["ls", "if true; then\n  ls"]);
        assert_eq!(commands("ls; fi\npwd\n"), ["ls; fi\npwd"]);
        assert!(commands(" \n\n").is_empty());
    }
}

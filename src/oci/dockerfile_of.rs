//! A Dockerfile from a history: what the steps said, as far as they were recorded.

use super::config::RunConfig;
use super::history::Row;

/// The text; rows are newest first, as [`super::history::rows`] gives them. What the configuration
/// says of variables and labels tells where their values end.
pub fn text(rows: &[Row], config: &RunConfig) -> String {
    let env = config.env.iter().flatten();
    let mut keys: Vec<&str> = env.filter_map(|pair| pair.split('=').next()).collect();
    keys.extend(config.labels.iter().flatten().map(|(key, _)| key.as_str()));
    let mut text = String::from(
        "# Regenerated from the history. Base images, contexts and stages are not recorded in it:\n\
         # what COPY and ADD took shows as a digest where the old builder made the image.\n\
         FROM scratch\n",
    );
    for row in rows.iter().rev() {
        if row.bytes > 0 {
            text += &format!("# {}\n", row.size);
        }
        if !row.comment.is_empty() && !row.comment.starts_with("buildkit") {
            text += &format!("# {}\n", row.comment.replace('\n', " "));
        }
        let line = instruction(&row.created_by);
        text += &quoted(&line, &keys).unwrap_or(line);
        text.push('\n');
    }
    text
}

/// `ENV` and `LABEL` with their values in quotes where they need them: the history has none.
fn quoted(line: &str, keys: &[&str]) -> Option<String> {
    let (word, rest) = line.split_once(' ').filter(|(word, _)| ["ENV", "LABEL"].contains(word))?;
    if rest.contains(['"', '\\']) {
        return None;
    }
    // A pair begins where a known key does.
    let mut pairs: Vec<String> = Vec::new();
    for part in rest.split(' ') {
        let key = part.split_once('=').map(|(key, _)| key);
        match (key.filter(|key| keys.contains(key)), pairs.last_mut()) {
            (None, Some(last)) => *last += &format!(" {part}"),
            (None, None) => return None,
            (Some(_), _) => pairs.push(part.to_owned()),
        }
    }
    let each = pairs.iter().map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let is_plain = !value.is_empty() && !value.contains([' ', '\t', '#', '$']);
        if is_plain { pair.clone() } else { format!("{key}=\"{}\"", value.replace('$', "\\$")) }
    });
    Some(format!("{word} {}", each.collect::<Vec<_>>().join(" ")))
}

/// One instruction.
pub fn instruction(created_by: &str) -> String {
    let by = created_by.trim();
    let by = by.strip_suffix("# buildkit").unwrap_or(by).trim_end();
    if let Some(nop) = by.strip_prefix("/bin/sh -c #(nop)") {
        return metadata(nop.trim());
    }
    let known = [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ];
    let word = by.split(' ').next().unwrap_or_default();
    if word == "RUN" {
        return run(by["RUN".len()..].trim_start());
    }
    if known.contains(&word) {
        return metadata(by);
    }
    if by.is_empty() { "# a step that says nothing of itself".to_owned() } else { run(by) }
}

/// An instruction that runs something: arguments of the build before it, the shell left out.
fn run(by: &str) -> String {
    let (arguments, command) = split_arguments(by);
    let command = command.strip_prefix("/bin/sh -c ").unwrap_or(command);
    let command = command.replace('\t', " ");
    let mut text = String::new();
    for argument in arguments {
        text += &format!("ARG {argument}\n");
    }
    // Several lines only survive as a here-document.
    if command.contains('\n') {
        text + &format!("RUN <<EOF\n{}\nEOF", command.trim_end())
    } else {
        text + "RUN " + command.trim()
    }
}

/// `|2 A=1 B=2 command`: the arguments, and the rest.
fn split_arguments(by: &str) -> (Vec<&str>, &str) {
    let parsed = by.strip_prefix('|').and_then(|rest| {
        let (count, rest) = rest.split_once(' ')?;
        Some((count.parse::<usize>().ok()?, rest))
    });
    let Some((count, mut rest)) = parsed else { return (Vec::new(), by) };
    let mut arguments = Vec::new();
    for _ in 0..count {
        let Some((argument, after)) = rest.split_once(' ') else { break };
        arguments.push(argument);
        rest = after;
    }
    (arguments, rest)
}

/// Anything that runs nothing. The old builder wrote `in` before a destination, and lists without
/// commas.
fn metadata(by: &str) -> String {
    let (word, rest) = by.split_once(' ').unwrap_or((by, ""));
    let rest = match word {
        "COPY" | "ADD" => rest.replacen(" in ", " ", 1),
        "CMD" | "ENTRYPOINT" | "SHELL" | "VOLUME" if rest.starts_with('[') => with_commas(rest),
        "EXPOSE" => rest.trim_start_matches("map[").trim_end_matches(']').replace(":{}", ""),
        _ => rest.to_owned(),
    };
    format!("{word} {}", rest.trim()).trim_end().to_owned()
}

/// `["a" "b c"]` as JSON; `[/data]` too.
fn with_commas(list: &str) -> String {
    let inner = list.trim().trim_start_matches('[').trim_end_matches(']');
    if !inner.contains('"') {
        let words: Vec<String> = inner.split_whitespace().map(|word| format!("{word:?}")).collect();
        return format!("[{}]", words.join(", "));
    }
    let mut text = String::from("[");
    let (mut quoted, mut escaped) = (false, false);
    for c in inner.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' if !quoted && !text.ends_with(',') => text.push(','),
            _ => {}
        }
        text.push(c);
    }
    text + "]"
}

#[cfg(test)]
mod tests {
    use super::{instruction, quoted};

    #[test]
    fn values_are_quoted_where_they_need_it() {
        let of = |line: &str| quoted(line, &["A", "B", "x"]);
        assert_eq!(of("ENV A=1 B=2").as_deref(), Some("ENV A=1 B=2"));
        assert_eq!(of("LABEL x=a b").as_deref(), Some("LABEL x=\"a b\""));
        assert_eq!(of("ENV A=1 2 C=3 B=").as_deref(), Some("ENV A=\"1 2 C=3\" B=\"\""));
        assert_eq!(of("ENV A=$x").as_deref(), Some("ENV A=\"\\$x\""));
        assert_eq!(of("ENV unknown=1"), None);
        assert_eq!(of("RUN A=1"), None);
    }

    #[test]
    fn steps_of_both_builders_become_instructions() {
        for (by, text) in [
            (
                "/bin/sh -c #(nop)  CMD [\"nginx\" \"-g\" \"daemon off;\"]",
                "CMD [\"nginx\", \"-g\", \"daemon off;\"]",
            ),
            ("/bin/sh -c #(nop) COPY file:65504f in / ", "COPY file:65504f /"),
            ("/bin/sh -c #(nop)  ENV A=1", "ENV A=1"),
            ("/bin/sh -c apt-get update", "RUN apt-get update"),
            ("RUN /bin/sh -c make # buildkit", "RUN make"),
            ("RUN |1 Q=1 /bin/sh -c make # buildkit", "ARG Q=1\nRUN make"),
            ("|1 Q=1 /bin/sh -c make", "ARG Q=1\nRUN make"),
            ("COPY a /b # buildkit", "COPY a /b"),
            ("/bin/sh -c #(nop)  VOLUME [/data]", "VOLUME [\"/data\"]"),
            ("EXPOSE map[80/tcp:{}]", "EXPOSE 80/tcp"),
            ("", "# a step that says nothing of itself"),
        ] {
            assert_eq!(instruction(by), text);
        }
    }
}

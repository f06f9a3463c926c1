//! The options of subcommands as `--help` lists them: the table of a subcommand, in words, laid out as
//! the real client does.

use super::table::Sub;

/// Columns of a page of help.
const WIDTH: usize = 79;
/// A line may be longer by this before it is broken.
const SLOP: usize = 5;

/// What an option does. `SUB OPTION` goes before `OPTION`; a value's kind stands in brackets.
const WORDS: &[(&str, &str)] = &[
    ("add-host", "<list> A name for /etc/hosts (host:ip)"),
    ("all", "Everything, not only what is dangling"),
    ("images all", "Show the images of single steps too"),
    ("ps all", "Show containers that do not run too"),
    ("image prune all", "Remove all images that no container uses, not only dangling ones"),
    ("system prune all", "Remove all images that no container uses, not only dangling ones"),
    ("volume prune all", "Remove volumes with a name too"),
    ("all-tags", "All tags of the repository"),
    ("allow", "<stringArray> Not needed: nothing is forbidden"),
    ("archive", "Keep owners and groups"),
    ("attach", "Attach to output, and pass on signals"),
    ("attachable", "Containers may be attached by hand"),
    ("attest", "<stringArray> Attestations are not made"),
    ("author", "<string> Who made it"),
    ("build-arg", "<stringArray> A value for an ARG of the Dockerfile"),
    ("build-context", "<stringArray> A further context (name=path)"),
    ("builder", "<string> There is one builder"),
    ("cache-from", "<stringArray> The cache is the one of this machine"),
    ("cache-to", "<stringArray> The cache is the one of this machine"),
    ("call", "<string> Only \"build\" is simulated (default \"build\")"),
    ("cap-add", "<list> Kept and shown; rights are not limited"),
    ("cap-drop", "<list> Kept and shown; rights are not limited"),
    ("change", "<list> A Dockerfile instruction for the new image"),
    ("check", "Not simulated"),
    ("cidfile", "<string> Write the container's identifier to a file"),
    ("compress", "The context is not sent packed"),
    ("cpu-shares", "<int> Kept and shown; nothing is limited"),
    ("cpus", "<decimal> Kept and shown; nothing is limited"),
    ("debug", "No more is said"),
    ("detach", "Stay in the background"),
    ("details", "Show the driver's extras before each line"),
    ("detach-keys", "<string> Not simulated: an interrupt leaves it"),
    ("digests", "Show digests"),
    ("disable-content-trust", "Signatures are not looked at (default true)"),
    ("dns", "<list> Kept and shown; there are no name servers"),
    ("driver", "<string> Driver of the network (default \"bridge\")"),
    ("volume create driver", "<string> Driver of the volume (default \"local\")"),
    ("entrypoint", "<string> In place of the image's ENTRYPOINT"),
    ("env", "<list> A variable of the environment"),
    ("env-file", "<list> A file with variables, one a line"),
    ("explain", "Say of every step why it is not cached (Layerglass only)"),
    ("file", "<string> Name of the Dockerfile (default \"PATH/Dockerfile\")"),
    ("filter", "<filter> Only what meets a condition"),
    ("follow", "New lines as they come"),
    ("follow-link", "Follow a symbolic link of the source"),
    ("force", "Do not ask"),
    ("rm force", "Kill the container first, if it runs"),
    ("rmi force", "Remove it although it has other names or users"),
    ("volume rm force", "No error for what there is not"),
    ("network rm force", "No error for what there is not"),
    ("force-rm", "Remove containers of steps that fail too"),
    ("format", "<string> 'table', 'table TEMPLATE', 'json', or a Go template"),
    ("gateway", "<strings> Address of the bridge"),
    ("health-cmd", "<string> Health checks are not run"),
    ("hostname", "<string> Name of the host inside"),
    ("human", "Sizes and times in words (default true)"),
    ("iidfile", "<string> Write the image's identifier to a file"),
    ("init", "No init is added"),
    ("input", "<string> Read a file, not STDIN"),
    ("interactive", "Keep STDIN open"),
    ("internal", "No way out of the network"),
    ("keep-storage", "<bytes> Not simulated: all or what is dangling goes"),
    ("label", "<list> A label"),
    ("last", "<int> The newest n containers, whatever their state (default -1)"),
    ("latest", "The newest container, whatever its state"),
    ("link", "Not simulated"),
    ("load", "The image is loaded in any case"),
    ("log-driver", "<string> There is one driver, json-file"),
    ("log-opt", "<list> Logs are not rotated"),
    ("memory", "<bytes> Kept and shown; nothing is limited"),
    ("memory-swap", "<bytes> Kept and shown; nothing is limited"),
    ("message", "<string> What has changed"),
    ("metadata-file", "<string> Not written"),
    ("mount", "<mount> A volume, directory or memory inside"),
    ("name", "<string> A name"),
    ("network", "<network> The network that it joins"),
    ("build network", "<string> There is no network"),
    ("no-cache", "Take nothing from the cache"),
    ("no-cache-filter", "<stringArray> Stages that take nothing from the cache"),
    ("no-healthcheck", "Health checks are not run"),
    ("no-prune", "Keep parents without a name"),
    ("no-stdin", "Input is not simulated in any case"),
    ("no-trunc", "Nothing is cut"),
    ("opt", "<map> An option of the driver"),
    ("output", "<stringArray> Where the result goes (type=docker)"),
    ("save output", "<string> Write to a file, not to STDOUT"),
    ("export output", "<string> Write to a file, not to STDOUT"),
    ("pause", "Pause it meanwhile (default true)"),
    ("pids-limit", "<int> Kept and shown; nothing is limited"),
    ("platform", "<string> There is one platform, linux/amd64"),
    ("privileged", "Kept and shown; rights are not limited"),
    ("progress", "<string> plain, quiet, or auto (default \"auto\")"),
    ("provenance", "<string> Attestations are not made"),
    ("publish", "<list> A port of the container on the machine"),
    ("publish-all", "All exposed ports on the machine, at any that are free"),
    ("pull", "Look in the registry even for images that are here"),
    ("run pull", "<string> always, missing or never (default \"missing\")"),
    ("create pull", "<string> always, missing or never (default \"missing\")"),
    ("create quiet", "No progress of a pull"),
    ("create rm", "Remove the container when it ends"),
    ("push", "Not simulated"),
    ("quiet", "Only identifiers"),
    ("pull quiet", "No progress"),
    ("push quiet", "No progress"),
    ("build quiet", "No progress, and the identifier at the end"),
    ("load quiet", "No progress"),
    ("run quiet", "No progress of a pull"),
    ("cp quiet", "No progress"),
    ("read-only", "Its root can only be read"),
    ("restart", "<string> Kept and shown; nothing is restarted (default \"no\")"),
    ("rm", "Remove the containers of steps (default true)"),
    ("run rm", "Remove the container when it ends"),
    ("sbom", "<string> Attestations are not made"),
    ("secret", "<stringArray> A secret for RUN --mount=type=secret"),
    ("security-opt", "<list> Kept and shown; rights are not limited"),
    ("shm-size", "<bytes> Size of /dev/shm: kept and shown"),
    ("signal", "<string> The signal to send"),
    ("sig-proxy", "Pass on signals to the process (default true)"),
    ("since", "<string> Only what is newer: a time, or how long ago (42m)"),
    ("size", "Show sizes"),
    ("squash", "All new layers become one (DOCKER_BUILDKIT=0, \"experimental\": true)"),
    ("ssh", "<stringArray> There is no agent"),
    ("stop-signal", "<string> The signal that stops it"),
    ("storage-opt", "<list> A limit of its layers (size=20M), where the storage driver has any"),
    ("stop-timeout", "<int> Give docker stop its -t"),
    ("subnet", "<strings> Addresses of the network (10.9.0.0/16)"),
    ("tag", "<stringArray> A name for the image"),
    ("tail", "<string> So many lines of the end (default \"all\")"),
    ("target", "<string> The stage to build"),
    ("time", "<int> Seconds until it is killed"),
    ("timestamps", "Show when"),
    ("tmpfs", "<list> Memory as a directory inside"),
    ("tree", "A tree of images and platforms"),
    ("tty", "A terminal"),
    ("type", "<string> Only objects of this kind"),
    ("ulimit", "<ulimit> Limits are not simulated"),
    ("until", "<string> Only what is older: a time, or how long ago (42m)"),
    ("user", "<string> Who it is inside (name|uid[:group|gid])"),
    ("verbose", "Show more"),
    ("volume", "<list> A volume or directory inside"),
    ("volumes", "Volumes without a name too"),
    ("workdir", "<string> Working directory inside"),
];

/// An option of a table: letter, name, whether it takes a value.
fn specs(table: &'static str) -> Vec<(&'static str, &'static str, bool)> {
    let words = table.split_whitespace().filter(|it| *it != "+");
    let mut all: Vec<_> = words
        .map(|word| {
            let body = word.strip_suffix('=').unwrap_or(word);
            let (short, long) = body.split_once('|').unwrap_or(("", body));
            (short, long, word.ends_with('='))
        })
        .collect();
    all.sort_unstable_by_key(|it| it.1);
    all
}

/// What an option does: kind of its value, and text.
fn words(sub: &Sub, option: &str) -> Option<(&'static str, &'static str)> {
    let find = |key: &str| WORDS.iter().find(|it| it.0 == key).map(|it| it.1);
    let text = sub.names.iter().find_map(|name| find(&format!("{name} {option}")));
    let text = text.or_else(|| find(option))?;
    let kind = text.strip_prefix('<').and_then(|it| it.split_once("> "));
    Some(kind.unwrap_or(("", text)))
}

/// The section of options; nothing where there are none.
pub fn list(sub: &Sub) -> String {
    let rows: Vec<(String, &str)> = specs(sub.table)
        .into_iter()
        .map(|(short, long, value)| {
            let (kind, text) = words(sub, long).unwrap_or(("", ""));
            let kind = match (value, kind) {
                (false, _) => String::new(),
                (true, "") => " string".to_owned(),
                (true, kind) => format!(" {kind}"),
            };
            let head = match short {
                "" => format!("      --{long}{kind}"),
                short => format!("  -{short}, --{long}{kind}"),
            };
            (head, text)
        })
        .collect();
    let widest = rows.iter().map(|it| it.0.len()).max().unwrap_or(0) + 3;
    let mut out = String::new();
    for (head, text) in &rows {
        out += &format!("{head:widest$}{}\n", wrapped(text, widest));
    }
    if out.is_empty() { out } else { format!("\n\nOptions:\n{}", out.trim_end()) }
}

/// Breaks a text that begins at a column.
fn wrapped(text: &str, column: usize) -> String {
    let room = WIDTH.saturating_sub(column + SLOP).max(10);
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.len() > room + SLOP {
        let Some(at) = rest.get(..room).and_then(|it| it.rfind(' ')) else { break };
        lines.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    lines.push(rest);
    lines.join(&format!("\n{}", " ".repeat(column)))
}

#[cfg(test)]
mod tests {
    use super::super::table::SUBS;
    use super::*;

    #[test]
    fn every_option_is_explained_and_every_explanation_belongs_to_one() {
        let mut used = std::collections::BTreeSet::new();
        for sub in SUBS {
            for (_, option, value) in specs(sub.table) {
                let found = words(sub, option);
                let (kind, text) = found.unwrap_or_else(|| panic!("{} --{option}", sub.names[0]));
                assert!(
                    !text.is_empty() && kind.is_empty() != value,
                    "{} --{option}",
                    sub.names[0]
                );
                used.insert(text);
            }
        }
        for (key, text) in WORDS {
            let text =
                text.strip_prefix('<').and_then(|it| it.split_once("> ")).map_or(*text, |it| it.1);
            assert!(used.contains(text), "nobody has {key}");
        }
    }

    #[test]
    fn long_texts_are_broken_as_the_client_does() {
        let sub = SUBS.iter().find(|it| it.names[0] == "system prune").unwrap();
        let lines = list(sub);
        assert!(lines.lines().all(|it| it.len() <= WIDTH + SLOP), "{lines}");
        assert!(lines.starts_with("\n\nOptions:\n  -a, --all             Remove all"), "{lines}");
    }
}

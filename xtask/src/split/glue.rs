//! The script of a module in two parts: wasm-bindgen's, and a way to the rest.

use anyhow::{Context, Result, ensure};

use super::parts;

/// Where wasm-bindgen lists what its module imports.
const IMPORTS: &str = "const import0 = {\n        __proto__: null,\n";

/// Where it has the instance.
const INSTANCE: &str = "    wasm = instance.exports;\n";

/// Where its program, the first part, is about to start.
const START: &str = "await __wbg_load(await module_or_path, imports);\n";

/// What comes before: where the rest is needed soon, the program begins with it.
const BEFORE: &str = "    if (await restFirst()) await rest(instance.exports).catch(() => {});\n";

/// The same where nobody waits for anything at once, as in a page of somebody else: a program that is given the
/// first part begins with both, and one that is given the whole module has no rest.
const BOTH: &str = "    if (instance.exports['0m0']) await rest(instance.exports);\n";

/// What follows it. The rest is fetched when the page asks for it, which it does once its reader does
/// something; if it is needed before that, the program has to wait, as only a recent browser lets a page do (in
/// a Worker each does): the others begin with the rest, and so does a page whose address asks for more than
/// the first look (`isMore` of `www/index.html`).
const REST: &str = "
const restAt = new URL('NAME-rest.wasm', import.meta.url);
let restCompiled, restFilled;
export function rest(first = wasm) {
    const fill = async () => {
        const response = await fetch(restAt, { priority: 'low' });
        if (!response.ok) throw new Error(`${restAt}: ${response.status}`);
        restCompiled = await WebAssembly.compile(await response.arrayBuffer());
        await WebAssembly.instantiate(restCompiled, { first });
    };
    restFilled ??= fill();
    restFilled.catch(() => { restFilled = undefined; });
    return restFilled;
}
async function restFirst() {
    if (typeof document === 'undefined') return false;
    if (await globalThis.layerglass?.isMore?.()) return true;
    // An empty module of 5,000 bytes: too large for those who let a page compile only small ones at once.
    const large = new Uint8Array(5000);
    large.set([0, 97, 115, 109, 1, 0, 0, 0, 0, 0xfd, 0x26]);
    try { return !new WebAssembly.Module(large); } catch { return true; }
}
function restNow() {
    if (!restCompiled) {
        const request = new XMLHttpRequest();
        request.open('GET', restAt, false);
        // The only form in which a page is given bytes at once.
        request.overrideMimeType('text/plain; charset=x-user-defined');
        request.send();
        if (request.status !== 200) throw new Error(`${restAt}: ${request.status}`);
        restCompiled = new WebAssembly.Module(Uint8Array.from(request.responseText, (it) => it.charCodeAt(0)));
    }
    new WebAssembly.Instance(restCompiled, { first: wasm });
}
";

/// The script with that, and the name under which the module imports from it.
pub fn extended(script: &str, name: &str) -> Result<(String, String)> {
    with_rest(script, name, BEFORE)
}

/// The script of a program that begins with both parts.
pub fn with_both(script: &str, name: &str) -> Result<String> {
    Ok(with_rest(script, name, BOTH)?.0)
}

fn with_rest(script: &str, name: &str, before: &str) -> Result<(String, String)> {
    ensure!(script.matches(IMPORTS).count() == 1, "{name}.js has another form: no list of imports");
    let line = script.lines().find(|it| it.trim_end().ends_with(": import0,"));
    let from = line.and_then(|it| it.trim().strip_prefix('"')?.split_once('"'));
    let (from, _) = from.with_context(|| format!("{name}.js has another form: no imports"))?;
    let ask = format!("{IMPORTS}        {}: restNow,\n", parts::ASK);
    ensure!(script.matches(START).count() == 1, "{name}.js has another form: no start");
    let script = script.replace(START, &format!("{START}{before}")).replace(IMPORTS, &ask);
    Ok((script + &REST.replace("NAME", name), from.to_owned()))
}

/// The names of what wasm-bindgen's script lends its module, made short: each ends in a hash that no compression
/// shrinks, and stands in both. Gives what each has become.
pub fn shortened(script: &str, names: &[&str]) -> Result<(String, Vec<String>)> {
    let mut script = script.to_owned();
    let mut short = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let (key, to) = (format!("        {name}: "), format!("_{at}"));
        ensure!(script.matches(&key).count() == 1, "the script has another form: no {name}");
        script = script.replace(&key, &format!("        {to}: "));
        short.push(to);
    }
    Ok((script, short))
}

/// The script of a module that is watched: its exports can be found.
pub fn watched(script: &str) -> Result<String> {
    ensure!(script.matches(INSTANCE).count() == 1, "the script has another form: no instance");
    let found = format!("{INSTANCE}    (globalThis.watched ??= []).push(wasm);\n");
    Ok(script.replace(INSTANCE, &found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_short_on_both_sides() -> Result<()> {
        let script = "        __wbg_a_0f: function() {},\n        __wbg_a_0f1: x,\n";
        let (script, names) = shortened(script, &["__wbg_a_0f1", "__wbg_a_0f"])?;
        assert_eq!(script, "        _1: function() {},\n        _0: x,\n");
        assert_eq!(names, ["_0", "_1"]);
        assert!(shortened(&script, &["__wbg_a_0f"]).is_err());
        Ok(())
    }

    #[test]
    fn a_script_learns_of_the_rest() -> Result<()> {
        let script = format!(
            "x\n    {IMPORTS}    }};\n    return {{\n        \"./m_bg.js\": import0,\n    }};\n    x = {START}"
        );
        let (script, from) = extended(&script, "m")?;
        assert_eq!(from, "./m_bg.js");
        assert!(
            script.contains("rest: restNow,\n")
                && script.contains("'m-rest.wasm'")
                && script.contains(&format!("{START}{BEFORE}")),
            "{script}"
        );
        assert!(extended("export default 1;", "m").is_err());
        Ok(())
    }
}

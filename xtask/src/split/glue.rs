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
const BEFORE: &str = "    if (restFirst()) await rest(instance.exports).catch(() => {});\n";

/// What follows it. The rest is fetched when the page asks for it, which it does once the first part is at
/// work; if it is needed before that, the program has to wait, as only a recent browser lets a page do (in a
/// Worker each does): the others begin with the rest, and so does a page whose address asks for more than
/// the first look.
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
function restFirst() {
    if (typeof document === 'undefined') return false;
    if (location.hash.length > 1) return true;
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
    ensure!(script.matches(IMPORTS).count() == 1, "{name}.js has another form: no list of imports");
    let line = script.lines().find(|it| it.trim_end().ends_with(": import0,"));
    let from = line.and_then(|it| it.trim().strip_prefix('"')?.split_once('"'));
    let (from, _) = from.with_context(|| format!("{name}.js has another form: no imports"))?;
    let ask = format!("{IMPORTS}        {}: restNow,\n", parts::ASK);
    ensure!(script.matches(START).count() == 1, "{name}.js has another form: no start");
    let script = script.replace(START, &format!("{START}{BEFORE}")).replace(IMPORTS, &ask);
    Ok((script + &REST.replace("NAME", name), from.to_owned()))
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

//! The script of a module in two parts: wasm-bindgen's, and a way to the rest.

use anyhow::{Context, Result, ensure};

use super::parts;

/// Where wasm-bindgen lists what its module imports.
const IMPORTS: &str = "const import0 = {\n        __proto__: null,\n";

/// Where it has the instance.
const INSTANCE: &str = "    wasm = instance.exports;\n";

/// What follows it. The rest is fetched when the page asks for it, which it does once the first part is at
/// work; if it is needed before that, the program has to wait.
const REST: &str = "
const restAt = new URL('NAME-rest.wasm', import.meta.url);
let restCompiled;
export async function rest() {
    const response = await fetch(restAt, { priority: 'low' });
    if (!response.ok) throw new Error(`${restAt}: ${response.status}`);
    restCompiled = await WebAssembly.compile(await response.arrayBuffer());
    await WebAssembly.instantiate(restCompiled, { first: wasm });
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
    Ok((script.replace(IMPORTS, &ask) + &REST.replace("NAME", name), from.to_owned()))
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
            "x\n    {IMPORTS}    }};\n    return {{\n        \"./m_bg.js\": import0,\n    }};\n"
        );
        let (script, from) = extended(&script, "m")?;
        assert_eq!(from, "./m_bg.js");
        assert!(
            script.contains("rest: restNow,\n") && script.contains("'m-rest.wasm'"),
            "{script}"
        );
        assert!(extended("export default 1;", "m").is_err());
        Ok(())
    }
}

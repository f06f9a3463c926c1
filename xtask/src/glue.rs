//! The element's programs as functions: wasm-bindgen writes a script that holds one instance of its module,
//! for ever. A page with elements needs another one when that has broken down (a trap leaves the memory
//! of all elements as nobody knows), and has to be told.

use anyhow::{Result, ensure};

/// Where the script takes what the module exports.
const EXPORTS: &str = "wasm = instance.exports;";

/// The script's start; what it hands out is named there instead of being exported.
const HEAD: &str = "\
/** A new program; `fell` is called once, if it breaks down. Then it does nothing any more. */
export function program(fell) {
  let down = false;
  const guarded = (exports) => Object.fromEntries(Object.entries(exports).map(([name, it]) => [name, typeof it !== 'function' ? it : (...given) => {
    if (down) return undefined;
    try {
      return it(...given);
    } catch (why) {
      if (!down) { down = true; fell(why); }
      throw why;
    }
  }]));
";

/// The script of wasm-bindgen (`--target web`) as a module with one function, `program`.
pub fn program(glue: &str) -> Result<String> {
    let (mut body, mut names) = (String::with_capacity(glue.len()), Vec::new());
    for line in glue.split_inclusive('\n') {
        let Some(rest) = line.strip_prefix("export ") else {
            body.push_str(line);
            continue;
        };
        let name = ["class ", "function "].iter().find_map(|it| rest.strip_prefix(it));
        if let Some(name) = name {
            let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            names.push(name.split(|c| !is_part(c)).next().unwrap_or_default());
            body.push_str(rest);
        } else {
            ensure!(rest.contains("__wbg_init as default"), "glue exports something else: {rest}");
        }
    }
    ensure!(body.matches(EXPORTS).count() == 1, "glue takes its module's exports in another way");
    let body = body.replace(EXPORTS, "wasm = guarded(instance.exports);");
    Ok(format!("{HEAD}{body}\nreturn {{ start: __wbg_init, {} }};\n}}\n", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_becomes_a_function() {
        let glue = "export class Embed {\n}\nexport function style() {\n}\nfunction f() {\n    wasm = instance.exports;\n}\n\
            export { initSync, __wbg_init as default };\n";
        let made = program(glue).expect("it is glue");
        assert!(made.contains("\nclass Embed {\n}\nfunction style() {\n}\n"), "{made}");
        assert!(made.contains("wasm = guarded(instance.exports);"), "{made}");
        assert!(made.ends_with("\nreturn { start: __wbg_init, Embed, style };\n}\n"), "{made}");
        assert!(program("export const a = 1;\n").is_err());
        assert!(program("export function f() {}\n").is_err(), "no exports of a module");
    }
}

//! Finding and installing what a command needs. Each tool is one file that can `find` it and knows
//! how to `install` it; this file only makes the plan, prints it, and carries it out.
//!
//! Never silently: what will be installed, how and why is printed before anything happens, and
//! what needs root is not tried without it.

mod apt;
mod browser;
mod compiled;
mod deny;
mod node;
mod wasm_target;

use anyhow::{Result, bail};

use crate::{process, say};

pub use browser::chromium;
pub use compiled::{trunk_dir, wasm_bindgen_dir};
pub use deny::cargo_deny;
pub use node::{esbuild, npm_ci, wasm_opt_dir};
pub use wasm_target::{WasmTarget, has_std_source, wasm_target};

/// Something a command needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    /// `mkfs.ext4`, `setfacl` and the others that tests compare with.
    Reference,
    CargoDeny,
    Node,
    WasmTarget,
    Trunk,
    WasmBindgen,
    WasmOpt,
    /// Puts the element into one file.
    Esbuild,
    /// Python that can make virtual environments: the sample sites' own tools come from its registry.
    Python,
    /// A Node that can run WebAssembly tests.
    TestNode,
    Chromium,
    ChineseFont,
}

/// What serving or building the page needs.
pub const WEB: &[Tool] =
    &[Tool::Node, Tool::WasmTarget, Tool::Trunk, Tool::WasmBindgen, Tool::WasmOpt, Tool::Esbuild];

impl Tool {
    fn is_there(self) -> bool {
        match self {
            Tool::Reference => apt::missing_reference_tools().is_empty(),
            Tool::CargoDeny => cargo_deny().is_some(),
            Tool::Node => node::found(),
            Tool::WasmTarget => wasm_target().is_some(),
            Tool::Trunk => trunk_dir().is_some(),
            Tool::WasmBindgen => wasm_bindgen_dir().is_some(),
            Tool::WasmOpt => wasm_opt_dir().is_some(),
            Tool::Esbuild => esbuild().is_some(),
            Tool::Python => process::output(
                std::process::Command::new("python3").args(["-c", "import ensurepip"]),
            )
            .is_ok(),
            Tool::TestNode => node::has_test_node(),
            Tool::Chromium => chromium().is_some(),
            Tool::ChineseFont => browser::has_chinese_font(),
        }
    }

    /// What it is for, and how it will be installed.
    fn describe(self) -> String {
        match self {
            Tool::Reference => format!(
                "{}: the real tools that tests compare with ({})",
                apt::missing_reference_tools().join(", "),
                apt::HOW
            ),
            Tool::CargoDeny => deny::describe(),
            Tool::Node => {
                format!("node and npm: run wasm-opt and the browser tests ({})", apt::HOW)
            }
            Tool::WasmTarget => wasm_target::describe(),
            Tool::Trunk => compiled::describe_trunk(),
            Tool::WasmBindgen => compiled::describe_wasm_bindgen(),
            Tool::WasmOpt => node::describe_wasm_opt(),
            Tool::Esbuild => node::describe_esbuild(),
            Tool::Python => format!("python3 with venv: builds the sample sites ({})", apt::HOW),
            Tool::TestNode => node::describe_test_node(),
            Tool::Chromium => {
                format!("Chromium: the browser that tests the page ({})", apt::HOW)
            }
            Tool::ChineseFont => format!("a Chinese font: tests of the zh-CN page ({})", apt::HOW),
        }
    }

    /// The Debian packages that bring it, for what is not installed any other way.
    fn packages(self) -> Vec<&'static str> {
        match self {
            Tool::Reference => apt::missing_reference_packages(),
            Tool::CargoDeny => deny::packages(),
            Tool::WasmTarget => wasm_target::packages(),
            Tool::Node => vec!["nodejs", "npm"],
            Tool::Python => vec!["python3", "python3-venv"],
            Tool::Chromium => vec!["chromium"],
            Tool::ChineseFont => vec!["fontconfig", "fonts-noto-cjk"],
            _ => vec![],
        }
    }

    fn install(self) -> Result<()> {
        match self {
            Tool::CargoDeny => deny::install(),
            Tool::WasmTarget => wasm_target::install(),
            Tool::Trunk => compiled::install_trunk(),
            Tool::WasmBindgen => compiled::install_wasm_bindgen(),
            Tool::WasmOpt => node::install_wasm_opt(),
            Tool::Esbuild => node::install_esbuild(),
            Tool::TestNode => node::install_test_node(),
            Tool::Reference | Tool::Node | Tool::Python | Tool::Chromium | Tool::ChineseFont => {
                bail!("{self:?} is still missing after its packages were installed")
            }
        }
    }
}

/// Makes sure that the tools are there: prints what is missing and why, then installs it.
pub fn ensure(needed: &[Tool]) -> Result<()> {
    ensure_with(needed, &[])
}

/// The same with tools that tests can do without: where those cannot be installed, says so and goes
/// on, and the tests that need them report themselves ignored.
pub fn ensure_with(needed: &[Tool], optional: &[Tool]) -> Result<()> {
    let missing = |tools: &[Tool]| -> Vec<Tool> {
        tools.iter().copied().filter(|tool| !tool.is_there()).collect()
    };
    let (needed, optional) = (missing(needed), missing(optional));
    if needed.is_empty() && optional.is_empty() {
        return Ok(());
    }
    say::step("Missing on this machine; to be installed now:");
    for tool in needed.iter().chain(&optional) {
        say::note(&format!("- {}", tool.describe()));
    }
    // First what needs no root, since its failure decides which packages are needed.
    if needed.contains(&Tool::WasmTarget) {
        wasm_target::by_rustup();
    }
    packages(&needed, &optional)?;
    for tool in needed {
        if !tool.is_there() {
            tool.install()?;
        }
    }
    Ok(())
}

/// All system packages in one go, so that a person without root reads one line to type.
fn packages(needed: &[Tool], optional: &[Tool]) -> Result<()> {
    let of = |tools: &[Tool]| -> Vec<&str> { tools.iter().flat_map(|it| it.packages()).collect() };
    let (must, may) = (of(needed), of(optional));
    if must.is_empty() && may.is_empty() {
        return Ok(());
    }
    match apt::install(&[must.clone(), may].concat()) {
        Err(error) if must.is_empty() => {
            say::note(&format!("going on without: {error:#}"));
            Ok(())
        }
        result => result,
    }
}

/// The tools' folders in front of the PATH, for programs that look them up by name.
pub fn path_with_tools() -> Result<std::ffi::OsString> {
    let found = [trunk_dir(), wasm_bindgen_dir(), wasm_opt_dir()];
    let old = std::env::var_os("PATH").unwrap_or_default();
    let dirs = found.into_iter().flatten().chain(std::env::split_paths(&old));
    Ok(std::env::join_paths(dirs)?)
}

/// The same, with a Node that can run WebAssembly tests before the system's.
pub fn path_with_test_node() -> Result<std::ffi::OsString> {
    let rest = path_with_tools()?;
    Ok(std::env::join_paths(node::test_node_dir().into_iter().chain(std::env::split_paths(&rest)))?)
}

/// What a version flag prints, or nothing if the program is not there or fails.
fn version_of(program: &std::path::Path) -> Option<String> {
    process::output(process::command(program).arg("--version")).ok()
}

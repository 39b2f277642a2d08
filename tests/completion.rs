//! Completion on the command line, as the shells of the system ask for it.
#![cfg(all(unix, feature = "local"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod program;
mod terminal;

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use program::Ran;
use terminal::Terminal;

/// An account with a VPC and a security group, and a config file with names.
fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let inventory = |vpc: &str| {
        format!(
            r#"{{"version": 1, "account": "123456789012", "region": "eu-west-1",
            "vpcs": [{{"id": "vpc-1", "name": "{vpc}", "cidrs": ["10.0.0.0/16"]}}], "subnets": [], "interfaces": [],
            "security_groups": [{{"id": "sg-1", "name": "web-1", "vpc": "vpc-1"}}]}}"#
        )
    };
    file("account/inventory.json", &inventory("here"));
    file(".local/state/flowlogs/inventories/123456789012/eu-west-1/2026-11-22.json", &inventory("older"));
    file(".local/state/flowlogs/inventories/123456789012/eu-west-1/2026-11-23.json", &inventory("frankly"));
    file(".local/state/flowlogs/inventories/123456789012/us-east-1/2026-11-23.json", &inventory("far"));
    file(
        ".config/flowlogs/config.toml",
        "[sentences]\nrefused = \"vpc where reject\"\n[filters]\nssh = \"dst.port = 22\"\n",
    );
    home
}

fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.env_clear().env("HOME", home).env("PATH", std::env::var_os("PATH").unwrap()).current_dir(home);
    command
}

/// The completions of the last of these words, in the protocol of a shell.
fn offered_by(shell: &str, home: &Path, words: &[&str]) -> Vec<String> {
    let mut command = program(home);
    command.env("COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", (words.len()).to_string()).env("_CLAP_IFS", "\n");
    let offered = Ran::of(command.args(["--", "flowlogs"]).args(words)).done();
    // The description follows a tab or a colon.
    let value = |line: &str| line.split('\t').next().unwrap().replace("\\:", ":");
    offered.lines().map(value).collect()
}

#[test]
fn kinds_names_fields_and_saved_names_are_offered_to_every_shell() {
    let home = home();
    for shell in ["bash", "zsh", "fish"] {
        for (words, expected) in [
            (&["-e", "vpc where dst.p"][..], "vpc where dst.port"),
            (&["-e", "vpc fra"], "vpc frankly"),
            (&["-e", "sg we"], "sg web-1"),
            (&["-e", "@ref"], "@refused"),
            (&["-e", "vpc where @s"], "vpc where @ssh"),
            (&["-e", "vpc where src sg we"], "vpc where src sg web-1"),
            (&["demo", "-e", "vpc where rej"], "vpc where reject"),
            (&["--local", "account", "-e", "vpc he"], "vpc here"),
            (&["--inventory", "account/inventory.json", "-e", "vpc he"], "vpc here"),
            (&["explain", "vpc where rej"], "vpc where reject"),
            (&["create", "vpc", "fra"], "frankly"),
            (&["query", "vpc", "vpc-"], "vpc-1"),
            (&["--local", "acc"], "account/"),
            (&["--local", "account/inv"], "account/inventory.json"),
        ] {
            let offered = offered_by(shell, home.path(), words);
            assert!(offered.iter().any(|one| one == expected), "{shell} {words:?}: {offered:?}");
        }
        let starts = |words: &[&str], start: &str| {
            offered_by(shell, home.path(), words).iter().any(|one| one.starts_with(start))
        };
        assert!(starts(&["create", "sub"], "subnet") && starts(&["cre"], "create"), "{shell}");
        assert!(starts(&["--out"], "--output") && starts(&["--output", "nd"], "ndjson"), "{shell}");
    }
    // Only the latest day counts, and only the named Region.
    assert!(offered_by("bash", home.path(), &["-e", "vpc old"]).is_empty());
    let far = |line: &str| offered_by("bash", home.path(), &["--region", "us-east-1", "-e", line]);
    assert_eq!((far("vpc fa"), far("vpc fr")), (vec!["vpc far".to_string()], vec!["vpc from".to_string()]));
    assert!(offered_by("bash", home.path(), &["-e", "vpc where dst.port = zzz"]).is_empty());
}

#[test]
fn bash_itself_completes_a_sentence() {
    let home = home();
    // As readline does it: the words before the cursor, and the registered function.
    let script = r#"
        source <(flowlogs completions bash)
        complete -p flowlogs >/dev/null || exit 3
        COMP_WORDS=(flowlogs -e "'vpc where dst.p")
        COMP_CWORD=2 COMP_TYPE=9 COMP_LINE="flowlogs -e 'vpc where dst.p" COMP_POINT=28
        _clap_complete_flowlogs flowlogs "vpc where dst.p" -e
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script]).env_clear().env("HOME", home.path()).env("PATH", path());
    assert_eq!(Ran::of(&mut bash).done(), "vpc where dst.port\n");
}

/// The folders of programs, with that of the program in front.
fn path() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_flowlogs")).parent().unwrap().display().to_string();
    format!("{folder}:{}", std::env::var("PATH").unwrap())
}

/// The files are where packages put them, so that the shell reads them at the first Tab.
#[test]
fn the_first_tab_of_zsh_and_fish_completes() {
    let home = home();
    let completions = |shell: &str| Ran::of(program(home.path()).args(["completions", shell])).done();
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    file("functions/_flowlogs", &completions("zsh"));
    file(".zshrc", "fpath=($HOME/functions $fpath); autoload -U compinit; compinit -u; PS1='ready> '");
    file(".config/fish/completions/flowlogs.fish", &completions("fish"));
    file(".config/fish/config.fish", "set -g fish_greeting; function fish_prompt; echo -n 'ready> '; end");
    let (home, path) = (home.path().display().to_string(), path());
    for shell in ["zsh", "fish"] {
        let mut terminal = Terminal::start_shell(&format!("exec {shell} -i"), &[("HOME", &home), ("PATH", &path)], 100);
        terminal.wait_for("ready>");
        terminal.keys("flowlogs cre\t");
        terminal.wait_for("flowlogs create");
        terminal.keys("vpc fra\t");
        terminal.wait_for("flowlogs create vpc frankly");
    }
}

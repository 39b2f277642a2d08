//! The README is true: every command in it is run, and prints what stands there.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use std::process::Command;

/// Blocks and commands that the README has; a number that changes here was changed on purpose.
const BLOCKS: usize = 8;
const COMMANDS: usize = 13;

struct Block {
    /// The commands, each with the lines that follow it.
    commands: Vec<(String, String)>,
}

/// The fenced blocks that are marked `console`: `$ ` starts a command, its output follows.
fn blocks(readme: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in readme.lines() {
        match (&mut open, line) {
            (None, "```console") => open = Some(Block { commands: Vec::new() }),
            (Some(_), "```") => blocks.extend(open.take()),
            (Some(block), line) => match (line.strip_prefix("$ "), block.commands.last_mut()) {
                (Some(command), _) => block.commands.push((command.to_string(), String::new())),
                (None, Some((_, output))) => {
                    output.push_str(line);
                    output.push('\n');
                }
                (None, None) => panic!("a console block starts with `$ `: {line}"),
            },
            (None, _) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

#[test]
fn every_command_of_the_readme_prints_what_stands_there() {
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let readme = std::fs::read_to_string(format!("{root}/README.md")).unwrap();
    let blocks = blocks(&readme);
    let mut commands = 0;
    for (command, expected) in blocks.iter().flat_map(|block| &block.commands) {
        // The command is as a reader types it; the program is the one that was built for the tests.
        let command = command.replace("cargo run --quiet --", "flowlogs");
        assert!(command.contains("flowlogs "), "what does `{command}` run?");
        let path = std::path::Path::new(env!("CARGO_BIN_EXE_flowlogs")).parent().unwrap().display().to_string();
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(&root)
            .env("PATH", format!("{path}:{}", std::env::var("PATH").unwrap_or_default()))
            .env("TZ", "UTC")
            .env("HOME", "/nonexistent")
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let printed = if stdout.is_empty() { &stderr } else { &stdout };
        let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
        assert_eq!(printed, expected.lines().collect::<Vec<_>>(), "$ {command}\n{stderr}");
        commands += 1;
    }
    assert_eq!((blocks.len(), commands), (BLOCKS, COMMANDS), "count what the README has");
}

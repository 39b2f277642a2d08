//! The README: every command in it is run. A `console` block shows the output of its command, which `UPDATE_README=1`
//! rewrites, to be read line by line; the commands of a `sh` block succeed. The commands of `bash` blocks need an
//! account on AWS, and are not run.
#![cfg(all(unix, feature = "local"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// The number of blocks: one that is dropped by mistake would be a dropped test.
const SHOWN: usize = 21;
const RUN: usize = 14;

struct Shown {
    command: String,
    printed: String,
}

/// The lines of the blocks of a language.
fn blocks<'t>(readme: &'t str, language: &str) -> Vec<&'t str> {
    let opening = format!("```{language}");
    let mut lines = Vec::new();
    let mut is_open = false;
    for line in readme.lines() {
        match (is_open, line) {
            (false, line) => is_open = line == opening,
            (true, "```") => is_open = false,
            (true, line) => lines.push(line),
        }
    }
    assert!(!is_open, "a block is not closed");
    lines
}

fn shown(readme: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for line in blocks(readme, "console") {
        if let Some(command) = line.strip_prefix("$ ") {
            all.push(Shown { command: command.into(), printed: String::new() });
        } else {
            let last = all.last_mut().expect("a console block starts with `$ `");
            last.printed.push_str(line);
            last.printed.push('\n');
        }
    }
    all
}

/// Runs a command as a reader types it; `flowlogs` is the program that was built for the tests.
fn run(command: &str, folder: &Path, home: &Path) -> Output {
    let command = command.replace("cargo run --quiet --", "flowlogs").replace("cargo run --", "flowlogs");
    assert!(command.starts_with("flowlogs "), "what does `{command}` run?");
    let programs = Path::new(env!("CARGO_BIN_EXE_flowlogs")).parent().unwrap().display().to_string();
    Command::new("sh")
        .args(["-c", &command])
        .current_dir(folder)
        .env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap_or_default()))
        .env("TZ", "UTC")
        .env("HOME", home)
        .env_remove("XDG_DATA_HOME")
        .output()
        .unwrap()
}

fn readme() -> (String, String) {
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let readme = std::fs::read_to_string(format!("{root}/README.md")).unwrap();
    (root, readme)
}

#[test]
fn every_console_block_shows_what_its_commands_print() {
    let (root, readme) = readme();
    let all = shown(&readme);
    let mut updated = readme.clone();
    for Shown { command, printed } in &all {
        let output = run(command, root.as_ref(), "/nonexistent".as_ref());
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let said = if stdout.is_empty() { &stderr } else { &stdout };
        let said: Vec<&str> = said.lines().map(str::trim_end).collect();
        if std::env::var_os("UPDATE_README").is_some() {
            let said: String = said.iter().flat_map(|line| [*line, "\n"]).collect();
            updated = updated.replacen(&format!("$ {command}\n{printed}"), &format!("$ {command}\n{said}"), 1);
            continue;
        }
        assert_eq!(said, printed.lines().collect::<Vec<_>>(), "$ {command}\n{stderr}");
    }
    if updated != readme {
        std::fs::write(format!("{root}/README.md"), updated).unwrap();
    }
    assert_eq!(all.len(), SHOWN, "count what the README has");
}

#[test]
fn every_other_command_succeeds() {
    let (_, readme) = readme();
    let home = TempDir::new().unwrap();
    let folder = home.path().join(".local/share/flowlogs/demo").display().to_string();
    let mut commands = 0;
    for command in blocks(&readme, "sh").into_iter().filter(|line| !line.starts_with("./")) {
        let output = run(&command.replace("FOLDER", &folder), home.path(), home.path());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "$ {command}\n{stderr}");
        commands += 1;
    }
    assert_eq!(commands, RUN, "count what the README has");
}

#[test]
fn every_question_to_the_demo_has_an_answer() {
    let (_, readme) = readme();
    let folder = TempDir::new().unwrap();
    let folder = folder.path().display().to_string();
    let table = readme.split("| question | sentence |").nth(1).expect("the README has questions");
    let rows: Vec<&str> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    for row in &rows {
        let sentence = row.split('`').nth(1).expect("a sentence in backquotes").replace("\\|", "|");
        assert!(sentence.chars().count() <= 100, "{sentence}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        command.args(["demo", "--dir", &folder, "-q", "-o", "csv", "-e", &sentence]).env("TZ", "UTC");
        let output = command.env("HOME", "/nonexistent").output().unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && answer.lines().count() > 1, "{sentence}\n{answer}{stderr}");
    }
    assert_eq!(rows.len(), 20);
}

/// The sentences that the manual lists beside questions to other tools.
fn sentences_for_people_of_other_tools() -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_flowlogs")).args(["help", "coming-from"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut sentences = Vec::new();
    for part in text.split("\n\n").skip(1) {
        // The first line is the name, the second one a remark.
        let mut open = false;
        for line in part.lines().skip(2).map(str::trim) {
            match (line.split_once("  "), open) {
                (Some((_, ours)), _) => sentences.push(ours.trim().to_string()),
                (None, true) => sentences.push(line.to_string()),
                (None, false) => {
                    open = true;
                    continue;
                }
            }
            open = false;
        }
    }
    sentences
}

#[test]
fn every_sentence_for_people_of_other_tools_can_be_asked() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path().display().to_string();
    let sentences = sentences_for_people_of_other_tools();
    let mut answered = 0;
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.args(["demo", "--dir", &folder, "-q", "-o", "csv"]).env("TZ", "UTC").env("HOME", "/nonexistent");
    for sentence in &sentences {
        command.args(["-e", sentence, "-e", "print(\"--\")"]);
    }
    let output = command.output().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (sentence, answer) in sentences.iter().zip(answers.split("--\n")) {
        assert!(answer.lines().count() > 0, "{sentence}");
        answered += usize::from(answer.lines().count() > 1);
    }
    assert_eq!(sentences.len(), 60);
    // Some have addresses and ports that the demo does not have.
    assert!(answered >= 45, "{answered}");
}

//! Text from outside cannot control the terminal: records, names of files, sentences, saved filters and scripts that
//! carry sequences, overrides of direction and invisible characters.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod terminal;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use terminal::Terminal;

/// Text that must not reach a terminal: a title, a cleared screen, the clipboard, hidden text, an override of direction,
/// a control sequence of one character, a zero-width space.
const HOSTILE: &str = "\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}]52;c;eA==\u{7}\u{1b}[8m\u{202e}\u{9b}2J\u{200b}";
/// The same text, escaped.
const SHOWN: &str = r"\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}]52;c;eA==\u{7}\u{1b}[8m\u{202e}\u{9b}2J\u{200b}";
/// The same text, escaped in JSON.
const JSON: &str = "\\u001b]0;title\\u0007\\u001b[2J\\u001b]52;c;eA==\\u0007\\u001b[8m\\u202e\\u009b2J\\u200b";

#[track_caller]
fn assert_is_harmless(text: &str) {
    for part in ["\u{1b}]", "\u{1b}[2J", "\u{1b}[8m", "\u{7}", "\u{202e}", "\u{9b}", "\u{200b}"] {
        assert!(!text.contains(part), "{part:?} is in {text:?}");
    }
}

/// A file with a hostile column, a hostile value in it, and a malformed line.
fn logs(folder: &Path) -> String {
    let path = folder.join("flow.log");
    let tag = HOSTILE.replace(' ', "");
    let lines = format!("srcaddr start tag{tag}\n10.0.0.1 1795434000 {tag}\n{tag} 1795434000 x\n");
    fs::write(&path, lines).unwrap();
    path.display().to_string()
}

fn on_terminal(args: &[&str]) -> String {
    let mut terminal = Terminal::start(args, &[], 400);
    terminal.exit_code();
    terminal.sent()
}

fn in_pipe(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.args(args).env_clear().env("TZ", "UTC").env("HOME", "/nonexistent").output().unwrap()
}

#[test]
fn a_record_is_shown_as_it_is_spelled() {
    let folder = TempDir::new().unwrap();
    let path = logs(folder.path());
    let sentence = format!("show src.addr, `tag{HOSTILE}`");
    for (format, value) in [("table", SHOWN), ("csv", SHOWN), ("json", JSON), ("ndjson", JSON)] {
        let sent = on_terminal(&["--local", &path, "-o", format, "-e", &sentence]);
        assert_is_harmless(&sent);
        // Headings are in capitals.
        let sent = sent.to_lowercase();
        let (data, malformed) = sent.split_once("1 malformed line").unwrap();
        assert_eq!(data.matches(&value.to_lowercase()).count(), 2, "{format}: {sent}");
        assert!(malformed.contains(&format!("srcaddr is `{}`, not an address", SHOWN.to_lowercase())), "{malformed}");
    }
    let chart = on_terminal(&["--local", &path, "-e", &format!("count() by `tag{HOSTILE}` | chart")]);
    assert_is_harmless(&chart);
    assert!(chart.contains(SHOWN), "{chart}");
}

#[test]
fn a_pipe_gets_the_bytes_of_the_record() {
    let folder = TempDir::new().unwrap();
    let path = logs(folder.path());
    let sentence = format!("show `tag{HOSTILE}`");
    let csv = in_pipe(&["--local", &path, "-o", "csv", "-e", &sentence]);
    assert_eq!(String::from_utf8(csv.stdout).unwrap(), format!("tag{HOSTILE}\n{HOSTILE}\n"));
    let json = in_pipe(&["--local", &path, "-o", "ndjson", "-e", &sentence]);
    let row: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(row[format!("tag{HOSTILE}")], HOSTILE);
    assert!(String::from_utf8(json.stdout).unwrap().contains('\u{202e}'), "only what JSON asks for is escaped");
}

#[test]
fn names_of_files_sentences_and_saved_filters_are_escaped_in_what_is_said() {
    let folder = TempDir::new().unwrap();
    let path = logs(folder.path());
    let named = folder.path().join(format!("a{}\nnote: all is well.json", HOSTILE.replace('/', "")));
    fs::write(&named, "{}").unwrap();
    let config = folder.path().join("config.toml");
    fs::write(&config, format!("[filters]\nbad = \"dst.port = {JSON}\"\n")).unwrap();
    let broken = folder.path().join("broken.toml");
    fs::write(&broken, format!("[filters]\nbad{HOSTILE} = x\n")).unwrap();
    let (all, config, broken) =
        (folder.path().display().to_string(), config.display().to_string(), broken.display().to_string());
    let named = named.display().to_string();
    let hostile = |before: &str| format!("{before}{HOSTILE}");
    for args in [
        vec!["--local", &all, "-e", "count()"],
        vec!["--local", &named, "-e", "count()"],
        vec!["--local", &path, "-e", &hostile("vpc where ")],
        vec!["--local", &path, "-e", &hostile("vpc where eni = \"x\" and ")],
        vec!["--local", &path, "-e", &format!("vpc \"{HOSTILE}\" where nonsense")],
        vec!["--local", &path, "-e", &format!("show `no{HOSTILE}`")],
        vec!["--local", &path, "-e", &hostile(".")],
        vec!["--local", &path, "-e", &hostile("list ")],
        vec!["--local", &path, "-e", &hostile("fields ")],
        vec!["--local", &path, "query", "vpc", "--where", HOSTILE],
        vec!["--local", &path, "query", "vpc", "--port", HOSTILE],
        vec!["--local", &path, "query", HOSTILE],
        vec!["--local", &path, "--param", HOSTILE, "-e", "count()"],
        vec!["--local", &path, "--format", HOSTILE, "-e", "count()"],
        vec!["--config", &config, "--local", &path, "-e", "where @bad"],
        vec!["--config", &broken, "--local", &path, "-e", "count()"],
        vec!["--config", &hostile("no"), "--local", &path, "-e", "count()"],
        vec!["--inventory", &hostile("no"), "--local", &path, "-e", "count()"],
        vec!["--local", &hostile("no"), "-e", "count()"],
        vec!["--tz", HOSTILE, "explain", "vpc"],
        vec!["man", HOSTILE],
        vec![HOSTILE],
    ] {
        for colour in ["never", "always"] {
            let ran = in_pipe(&[&["--color", colour], &args[..]].concat());
            let said = String::from_utf8(ran.stderr).unwrap();
            assert_is_harmless(&said);
            assert!(said.contains(r"\u{1b}") || said.contains(r"\u{202e}"), "{args:?}: {said}");
            assert!(!said.lines().any(|line| line.starts_with("note: all is well")), "{said}");
        }
    }
    let explained = on_terminal(&["explain", &format!("vpc where eni ~ /x/ and `tag{HOSTILE}` exists")]);
    assert_is_harmless(&explained);
}

#[test]
fn what_a_script_says_or_throws_is_escaped() {
    let folder = TempDir::new().unwrap();
    let path = logs(folder.path());
    let file = folder.path().join("x.rhai");
    let script = file.display().to_string();
    for (text, says_it) in [
        (format!("let x = \"{HOSTILE}\"; throw x;"), true),
        (format!("/*{HOSTILE}*/ let = 1;"), true),
        (format!("throw #{{ kind: \"query\", message: \"{HOSTILE}\", help: \"{HOSTILE}\" }};"), true),
        (format!("query(\"vpc where {HOSTILE}\")"), true),
        (format!("log(\"{HOSTILE}\\nand more\")"), true),
        (format!("debug(\"{HOSTILE}\")"), false),
        (format!("import \"{HOSTILE}\" as x;"), true),
    ] {
        fs::write(&file, &text).unwrap();
        let said = String::from_utf8(in_pipe(&["--local", &path, "run", &script]).stderr).unwrap();
        assert_is_harmless(&said);
        assert!(!says_it || said.contains(r"\u{1b}"), "{text}: {said}");
    }
    // A script prints data: exact in a pipe, escaped on a terminal.
    fs::write(&file, format!("print(\"{HOSTILE}\\nnext\")")).unwrap();
    let printed = in_pipe(&["--local", &path, "run", &script]).stdout;
    assert_eq!(String::from_utf8(printed).unwrap(), format!("{HOSTILE}\nnext\n"));
    let sent = on_terminal(&["--local", &path, "run", &script]);
    assert_is_harmless(&sent);
    assert!(sent.contains(&format!("{SHOWN}\r\nnext\r\n")), "{sent:?}");
}

//! The manual: `flowlogs help`, the pages for `man`, `.help` and the README list the entries of the tables, and nothing
//! else.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flowlogs::field::FIELDS;
use flowlogs::function::FUNCTIONS;
use flowlogs::query::stage::STAGES;
use tempfile::TempDir;

type Words = BTreeSet<String>;

fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests").into()
}

/// Runs the program; returns its output on both streams.
fn said(args: &[&str], input: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.args(args).env("HOME", "/nonexistent").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat()
}

fn help(name: &str) -> String {
    said(&["help", name], "")
}

/// The terms that a part of the manual lists: the text after two blanks, up to the next two.
fn terms(text: &str) -> Words {
    let lines = text.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    lines.map(|line| line.split("  ").next().unwrap().to_string()).collect()
}

/// The first name in each term: `.mode json` is `.mode`, `query(sentence)` is `query`.
fn names(terms: &Words) -> Words {
    let end = |c: char| !c.is_alphanumeric() && !"_.-".contains(c);
    terms.iter().map(|term| term.split(end).next().unwrap().to_string()).collect()
}

/// The terms of a page for `man` under one heading.
fn man_terms(page: &Path, heading: &str) -> Words {
    let page = fs::read_to_string(page).unwrap();
    let headed = |part: &&str| part.lines().next().is_some_and(|line| line.trim_matches(['"', ' ']) == heading);
    let part = page.split(".SH ").find(headed).unwrap_or_else(|| panic!("no {heading}: {page}"));
    let terms = part.split("\n.TP\n").skip(1).map(|term| term.lines().next().unwrap());
    let plain = |term: &str| {
        let term = term.strip_prefix("\\fB").unwrap_or(term);
        let term = term.strip_suffix("\\fR").unwrap_or(term);
        term.replace("\\-", "-").replace("\\*(Aq", "'").replace("\\&", "").replace("\\\\", "\\")
    };
    terms.map(plain).collect()
}

/// The long flags in a text.
fn flags(text: &str) -> Words {
    let name = |rest: &str| rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap().to_string();
    text.split("--").skip(1).map(name).filter(|name| name.len() > 1 && !name.ends_with('-')).collect()
}

fn lines_of(text: &str, from: &str, until: &str) -> Words {
    let part = text.split(from).nth(1).unwrap_or_else(|| panic!("no {from} in {text}")).split(until).next().unwrap();
    terms(part)
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The block of the README that shows a page of the manual.
fn shown(readme: &str, name: &str) -> String {
    let block = readme.split(&format!("$ flowlogs help {name}\n")).nth(1);
    block.unwrap_or_else(|| panic!("the README does not show {name}")).split("```").next().unwrap().to_string()
}

fn pages() -> TempDir {
    let folder = TempDir::new().unwrap();
    assert_eq!(said(&["man", "--dir", folder.path().to_str().unwrap()], ""), "");
    folder
}

#[test]
fn what_one_place_of_the_manual_has_every_other_has() {
    let folder = pages();
    let topic = |name: &str| folder.path().join(format!("man7/flowlogs-{name}.7"));
    let readme = readme();

    let fields: Words = FIELDS.iter().map(|info| info.name.to_string()).collect();
    let listed = said(&["fields", "-o", "csv"], "");
    let listed: Words = listed.lines().skip(1).map(|line| line.split(',').next().unwrap().to_string()).collect();
    let helped: Words = terms(&help("record")).into_iter().filter(|term| !term.starts_with('`')).collect();
    assert_eq!((&listed, &helped), (&fields, &fields));
    assert_eq!(man_terms(&topic("record"), "RECORD"), fields);
    // `version` is also the name of a command.
    for field in fields.iter().filter(|field| *field != "version") {
        assert!(help(field).starts_with(&format!("{field}  ")), "{field}");
    }

    let functions: Words = FUNCTIONS.iter().map(|info| info.name.to_string()).collect();
    let mut helped = names(&lines_of(&shown(&readme, "language"), "\nFUNCTIONS\n", "\n\n"));
    assert!(helped.remove("Aggregates"));
    assert_eq!(helped, functions);
    assert_eq!(names(&man_terms(&topic("language"), "FUNCTIONS")), functions);
    assert!(functions.iter().filter(|name| *name != "pNN").all(|name| help(name).starts_with(&format!("{name}(...)"))));

    // The grammar decides which stages exist.
    let grammar = fs::read_to_string(root().join("grammar/flowlogs.pest")).unwrap();
    let rule = grammar.split("\nstage = _{").nth(1).unwrap().split('}').next().unwrap();
    let stages: Words = rule.split('|').map(|name| name.trim().strip_suffix("_stage").unwrap().to_string()).collect();
    let calls: Words = STAGES.iter().map(|stage| stage.call.to_string()).collect();
    assert_eq!(STAGES.iter().map(|stage| stage.name.to_string()).collect::<Words>(), stages);
    assert_eq!(lines_of(&shown(&readme, "language"), "\nSTAGES\n", "\n\n"), calls);
    assert_eq!((terms(&help("stages")), man_terms(&topic("language"), "STAGES")), (calls.clone(), calls));

    let program = said(&["--help"], "");
    let commands = names(&lines_of(&program, "\nCommands:\n", "\n\n"));
    let files = fs::read_dir(folder.path().join("man1")).unwrap().map(|entry| entry.unwrap().file_name());
    let files: Words = files
        .filter_map(|name| Some(name.to_str()?.strip_prefix("flowlogs-")?.strip_suffix(".1")?.to_string()))
        .collect();
    assert_eq!(files, commands);
    let unsaid =
        |name: &&String| !readme.contains(&format!("flowlogs {name}")) && !readme.contains(&format!("`{name}"));
    let unsaid = commands.iter().find(unsaid);
    assert!(unsaid.is_none(), "the README does not speak of {unsaid:?}");

    let mut all = flags(&program);
    all.remove("help");
    all.remove("version");
    for command in &commands {
        let helped = flags(&help(command));
        let page = fs::read_to_string(folder.path().join(format!("man1/flowlogs-{command}.1"))).unwrap();
        // An option is a term of the page; a mere mention does not count.
        let page: Words = page
            .split("\n.TP\n")
            .skip(1)
            .flat_map(|term| flags(&term.lines().next().unwrap().replace("\\-", "-")))
            .collect();
        assert_eq!(page.difference(&helped).next(), None, "{command}");
        all.extend(page.into_iter().filter(|flag| flag != "help" && flag != "version"));
    }
    // Flags of cargo and git, of the generator for the benchmarks, of `.save`, and `--version`, which clap adds.
    let elsewhere = [
        "example",
        "megabytes",
        "no-default-features",
        "path",
        "sentence",
        "follow-tags",
        "git",
        "target",
        "test",
        "version",
    ];
    let unknown: Vec<String> =
        flags(&readme).into_iter().filter(|flag| !all.contains(flag) && !elsewhere.contains(&flag.as_str())).collect();
    assert!(unknown.is_empty(), "the README has flags that the program has not: {unknown:?}");

    let sample = root().join("tests/sample");
    let typed = said(&["--local", sample.to_str().unwrap()], ".help\n");
    let dots = names(&lines_of(&typed, "\nDOT-COMMANDS\n", "\n\n"));
    assert_eq!(names(&lines_of(&shown(&readme, "shell"), "\nDOT-COMMANDS\n", "\n\n")), dots);
    assert_eq!(names(&man_terms(&topic("shell"), "DOT-COMMANDS")), dots);
    // The shell knows each of them; it reports those that it does not know.
    for dot in &dots {
        let text = said(&["--local", sample.to_str().unwrap()], &format!(".help {dot}\n"));
        assert!(text.starts_with(dot), "{text}");
    }

    let functions_of_scripts = names(&terms(&help("script-functions")));
    assert_eq!(names(&lines_of(&shown(&readme, "scripts"), "\nSCRIPT-FUNCTIONS\n", "\n\n")), functions_of_scripts);
    assert_eq!(names(&man_terms(&topic("scripts"), "SCRIPT-FUNCTIONS")), functions_of_scripts);

    let settings = settings();
    let helped = help("config-file");
    let shown_settings = names(&lines_of(&helped, "\nSETTINGS\n", "\n\n"));
    let keys = |words: Words| -> Words { words.into_iter().filter(|word| word.contains('.')).collect() };
    assert_eq!(keys(shown_settings), settings);
    assert_eq!(keys(names(&lines_of(&shown(&readme, "config-file"), "\nSETTINGS\n", "\n\n"))), settings);
    assert_eq!(man_terms(&topic("config-file"), "SETTINGS"), settings);
    let listed = said(&["config", "-o", "csv"], "");
    assert_eq!(keys(listed.lines().map(|line| line.split(',').next().unwrap().to_string()).collect()), settings);

    println!(
        "{} fields, {} functions, {} stages, {} flags, {} commands, {} dot-commands, {} functions of scripts, {} settings",
        fields.len(),
        functions.len(),
        stages.len(),
        all.len(),
        commands.len(),
        dots.len(),
        functions_of_scripts.len(),
        settings.len()
    );
}

/// The keys of the config file, from the error about an unknown key.
fn settings() -> Words {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("config.toml");
    let expected = |text: &str| -> Vec<String> {
        fs::write(&file, text).unwrap();
        let error = said(&["saved", "--config", file.to_str().unwrap()], "");
        let line = error.lines().find(|line| line.contains("unknown field")).unwrap_or_else(|| panic!("{error}"));
        line.split('`').skip(3).step_by(2).map(str::to_string).collect()
    };
    let sections = expected("nonsense = 1\n");
    let named = ["filters", "sentences", "networks", "lists"];
    let of = |section: &String| -> Vec<String> {
        let keys = expected(&format!("[{section}]\nnonsense = 1\n"));
        keys.iter().map(|key| format!("{section}.{key}")).collect()
    };
    sections.iter().filter(|section| !named.contains(&section.as_str())).flat_map(of).collect()
}

#[test]
fn every_topic_has_a_page_and_a_word_that_is_none_is_corrected() {
    let topics = said(&["help"], "");
    let topics = topics.split("`flowlogs help TOPIC` is about ").nth(1).unwrap().split("a field").next().unwrap();
    let topics: Vec<&str> = topics.split(',').map(str::trim).filter(|topic| !topic.is_empty()).collect();
    let folder = pages();
    for topic in &topics {
        let page = fs::read_to_string(folder.path().join(format!("man7/flowlogs-{topic}.7"))).unwrap();
        assert_eq!(said(&["man", topic], ""), page);
        assert!(page.contains(".SH \"SEE ALSO\"") || page.contains(".SH SEE ALSO"), "{page}");
        assert!(help(topic).lines().count() > 3, "{topic}");
    }
    assert_eq!(fs::read_dir(folder.path().join("man7")).unwrap().count(), topics.len());
    assert!(help("langage").contains("did you mean `language`?"));
    assert!(said(&["man", "langage"], "").contains("there is no page `langage`"));
}

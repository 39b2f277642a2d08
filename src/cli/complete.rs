//! Completion on the command line: the system's shell runs the program, with `COMPLETE` in the environment.
//!
//! Names come from inventories on disk; no service is called.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{Arg, Command, CommandFactory};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::args::Args;
use crate::account::inventory::Inventory;
use crate::command::{config, kept_inventories};
use crate::query::Named;
use crate::shell::offered;

/// The commands that take a kind and names, like lines of the shell.
const LIKE_LINES: [&str; 2] = ["create", "delete"];

/// The program with completions of lines and names. Clap completes the rest.
pub(super) fn command() -> Command {
    let words: Vec<OsString> = std::env::args_os().collect();
    let typed = Typed::of(&words);
    let lines = {
        let typed = typed.clone();
        move |arg: Arg| arg.add(ArgValueCompleter::new(move |current: &OsStr| typed.lines(current)))
    };
    let names = |command: &'static str| {
        let typed = typed.clone();
        move |arg: Arg| arg.add(ArgValueCompleter::new(move |current: &OsStr| typed.names(command, current)))
    };
    let mut program = Args::command().mut_arg("lines", lines.clone());
    program = program.mut_subcommand("demo", |demo| demo.mut_arg("lines", lines.clone()));
    program = program.mut_subcommand("explain", |explain| {
        let typed = typed.clone();
        explain.mut_arg("sentence", |arg| arg.add(ArgValueCompleter::new(move |now: &OsStr| typed.sentence(now))))
    });
    for command in LIKE_LINES.into_iter().chain(["query"]) {
        program = program.mut_subcommand(command, |one| one.mut_arg("selectors", names(command)));
    }
    program
}

/// The words typed so far.
#[derive(Clone)]
struct Typed {
    words: Vec<String>,
}

impl Typed {
    fn of(words: &[OsString]) -> Self {
        Self { words: words.iter().map(|word| word.to_string_lossy().into_owned()).collect() }
    }

    /// The value of an option, the last one if it is repeated.
    fn option(&self, name: &str) -> Option<&str> {
        let behind = self.words.windows(2).filter(|pair| pair[0] == name).map(|pair| pair[1].as_str());
        let within = self.words.iter().filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        behind.chain(within).next_back()
    }

    fn lines(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        self.offer("", current)
    }

    fn sentence(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        self.offer("explain ", current)
    }

    /// The names of the kind that follows a command.
    fn names(&self, command: &str, current: &OsStr) -> Vec<CompletionCandidate> {
        let behind = self.words.iter().rposition(|word| word == command);
        let kind = behind.and_then(|at| self.words.get(at + 1)).map_or("", String::as_str);
        self.offer(&format!("create {kind} "), current)
    }

    /// The completions of the current word in a line that begins with `front`. A quote that opens the word belongs to
    /// the system's shell.
    fn offer(&self, front: &str, current: &OsStr) -> Vec<CompletionCandidate> {
        let current = current.to_string_lossy();
        let line = format!("{front}{}", current.strip_prefix(['\'', '"']).unwrap_or(&current));
        let offered = offered(&line, &self.inventories(), &self.named());
        offered.iter().filter_map(|line| line.strip_prefix(front)).map(CompletionCandidate::new).collect()
    }

    fn named(&self) -> Named {
        let file = self.option("--config").map(PathBuf::from);
        let file = file.or_else(|| std::env::var_os("FLOWLOGS_CONFIG").map(PathBuf::from));
        config::read(file.as_deref()).map(|config| config.named).unwrap_or_default()
    }

    /// The inventories on disk: that of the account or the files on the command line, or else the last ones of AWS.
    fn inventories(&self) -> Vec<Inventory> {
        let of_demo = self.words.iter().any(|word| word == "demo").then(super::demo::default_dir).flatten();
        let folder = self.option("--local").map(PathBuf::from).or(of_demo);
        let file = self.option("--inventory").map(PathBuf::from);
        match file.or_else(|| folder.map(|folder| folder.join("inventory.json"))) {
            Some(file) => Inventory::read(Path::new(&file)).into_iter().collect(),
            None => kept_inventories(self.option("--region")),
        }
    }
}

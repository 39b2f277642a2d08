//! The manual of the shell and of scripts, and `.help`, which finds all pages.

use super::dot::DOT_COMMANDS;
use super::line;
use super::lines::Shell;
use crate::command::manual::{self, Page, Part};
use crate::command::{Error, Exit};
use crate::diagnostic::nearest;
use crate::script::FunctionDoc;

const KEYS: [(&str, &str); 4] = [
    ("Tab", "completes"),
    ("Ctrl-R", "searches what was typed"),
    ("Ctrl-C", "clears the line, or stops the query and keeps the rows that came"),
    ("Ctrl-D", "leaves"),
];

/// Every page of the manual that is not about a command.
pub(super) fn pages(functions: &[FunctionDoc]) -> Vec<Page> {
    let mut pages = manual::pages();
    pages.push(shell());
    pages.push(scripts(functions));
    pages
}

fn shell() -> Page {
    let lines = [
        ("vpc where reject last 30m", "a sentence".to_string()),
        (".mode json", "a dot-command".to_string()),
        ("list", format!("a command: {}", line::COMMANDS.join(", "))),
        ("let x = query(\"vpc | count()\")", "anything else is a script; `ans` is the last answer".to_string()),
    ];
    let dots = DOT_COMMANDS
        .iter()
        .map(|dot| (format!(".{} {}", dot.name, dot.argument).trim_end().to_string(), dot.help.to_string()));
    let owned = |(term, meaning): (&str, &str)| (term.to_string(), meaning.to_string());
    Page {
        name: "shell",
        about: "The shell: lines that it runs, its own commands, and its keys.",
        parts: vec![
            Part::new("lines", "", lines.map(|(term, meaning)| (term.to_string(), meaning))),
            Part::new("dot-commands", "", dots),
            Part::new("keys", "", KEYS.map(owned)),
        ],
    }
}

fn scripts(functions: &[FunctionDoc]) -> Page {
    let functions = functions.iter().map(|function| (function.call.to_string(), function.help.to_string()));
    Page {
        name: "scripts",
        about: "Scripts in Rhai, <https://rhai.rs/book/>, which create, list, delete and query.",
        parts: vec![
            Part::new(
                "running",
                "`flowlogs run FILE.rhai [ARGS]`, `flowlogs FILE.rhai`, a line of the shell, or `-e`.\n\
                 A value enters a query as $name: query(\"vpc where dst.port = $port\", #{ port: 22 })",
                [],
            ),
            Part::new("script-functions", "", functions),
        ],
    }
}

/// The topics that `.help` completes.
pub(super) fn topics() -> Vec<&'static str> {
    manual::topics(&pages(&[]))
}

impl Shell {
    /// Prints the manual's text about a topic; without one, an overview of what can be typed.
    pub(crate) fn help(&mut self, about: &str) -> Result<Exit, Error> {
        let text = self.help_text(about)?;
        self.desk.out.print_prose(&text)?;
        Ok(Exit::Done)
    }

    fn help_text(&mut self, about: &str) -> Result<String, Error> {
        let docs = self.scripts().docs();
        let pages = pages(docs);
        if about.is_empty() {
            let topics = manual::topics(&pages).join(", ");
            return Ok(format!(
                "{}\n`.help NAME` says more about a field, a function, a dot-command, or {topics}\n",
                shell().text()
            ));
        }
        if let Some(text) = manual::about(about, &pages) {
            return Ok(text);
        }
        if let Some(dot) = DOT_COMMANDS.iter().find(|dot| dot.name == about.trim_start_matches('.')) {
            return Ok(format!(".{} {}\n  {}\n", dot.name, dot.argument, dot.help));
        }
        if let Some(doc) = docs.iter().find(|doc| doc.name == about.trim_end_matches("()")) {
            return Ok(format!("{}\n  {}\n", doc.call, doc.help));
        }
        let topics = manual::topics(&pages);
        let known = topics.iter().copied().chain(DOT_COMMANDS.iter().map(|dot| dot.name));
        let near = nearest(about, known).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| format!("there is help about {}", topics.join(", ")));
        Err(Error::Usage { message: format!("there is no help about `{about}`"), help: Some(help) })
    }

    /// Every page of the manual that is not about a command.
    pub(crate) fn pages(&mut self) -> Vec<Page> {
        pages(self.scripts().docs())
    }
}

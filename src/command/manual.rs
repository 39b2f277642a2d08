//! The pages of the manual that are not about commands, generated from the tables of the language, the settings and the
//! exit codes. `flowlogs help`, `.help` of the shell and `flowlogs man` print the same pages.

mod coming_from;
mod language;
mod page;
mod program;

use crate::field::{FIELDS, Field};
use crate::function::Function;

pub(crate) use page::{Page, Part};

/// The pages that do not need the shell or scripts.
pub(crate) fn pages() -> Vec<Page> {
    let mut pages = vec![language::page(), fields()];
    pages.extend(program::pages());
    pages.push(coming_from::page());
    pages
}

/// Returns the text about a page, a part of one, a field or an aggregate function.
pub(crate) fn about(name: &str, pages: &[Page]) -> Option<String> {
    let name = name.trim();
    if let Some(page) = pages.iter().find(|page| page.name == name) {
        return Some(page.text());
    }
    if let Some(part) = pages.iter().flat_map(|page| &page.parts).find(|part| part.name == name) {
        return Some(part.text());
    }
    if let Some(field) = Field::named(name) {
        return Some(super::fields::described(field));
    }
    let function = Function::named(name.trim_end_matches("()"))?.info();
    Some(format!(
        "{}(...)  {}\n  takes    {}\n  example  {}\n",
        function.name, function.help, function.takes, function.example
    ))
}

/// Every topic of [`about`], except for the spellings of fields.
pub(crate) fn topics(pages: &[Page]) -> Vec<&'static str> {
    let parts = pages.iter().flat_map(|page| [page.name].into_iter().chain(page.parts.iter().map(|part| part.name)));
    let mut topics: Vec<&str> = Vec::new();
    for topic in parts {
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    topics
}

fn fields() -> Page {
    let row = |info: &crate::field::FieldInfo| (info.name.to_string(), info.help.to_string());
    Page {
        name: "record",
        about: "The fields of a record, and what is told of it.",
        parts: vec![Part::new(
            "record",
            "`flowlogs fields NAME` describes one, with its values and other spellings.",
            FIELDS.iter().map(row),
        )],
    }
}

/// The names of all pages, including those of the shell and of scripts.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = pages().iter().map(|page| page.name).collect();
    if cfg!(feature = "local") {
        names.extend(["shell", "scripts"]);
    }
    names
}

//! The dependencies of modules are those that `src/lib.rs` lists, and no files use each other in a circle. Both are
//! read from the text of the files: their `use` lines, and the paths in their code.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Module = Vec<String>;

/// The modules of the program, each with its text, without comments, texts and unit tests.
struct House(BTreeMap<Module, String>);

/// A path after `use`, and whether the item is re-exported.
struct Use {
    path: Vec<String>,
    is_public: bool,
}

impl House {
    fn read() -> Self {
        let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
        let mut modules = BTreeMap::new();
        read_folder(&Path::new(&root).join("src"), &mut Vec::new(), &mut modules);
        Self(modules)
    }

    /// The modules that a module uses, except children of which it only re-exports items.
    fn used_by(&self, module: &Module) -> BTreeSet<Module> {
        let text = &self.0[module];
        let mut used = BTreeSet::new();
        for line in uses(text) {
            let found = self.resolve(module, &line.path);
            let passes_on = line.is_public && found.as_ref().is_some_and(|found| found.starts_with(module));
            used.extend(found.filter(|_| !passes_on));
        }
        used.extend(paths(&without_uses(text)).filter_map(|path| self.resolve(module, &path)));
        used.remove(module);
        used
    }

    /// The module that a path leads to, if the path is in the program.
    fn resolve(&self, from: &Module, path: &[String]) -> Option<Module> {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let (start, rest) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (from.clone(), &path[1..]),
            "super" => (from[..from.len().checked_sub(supers)?].to_vec(), &path[supers..]),
            first => {
                let child = [from.as_slice(), &[first.to_string()]].concat();
                (self.0.contains_key(&child).then(|| from.clone())?, path)
            }
        };
        Some(self.walk(start, rest, 0))
    }

    fn walk(&self, module: Module, path: &[String], depth: usize) -> Module {
        let Some(next) = path.first().filter(|_| depth < 20) else { return module };
        let child = [module.as_slice(), std::slice::from_ref(next)].concat();
        if self.0.contains_key(&child) {
            return self.walk(child, &path[1..], depth + 1);
        }
        // A module may re-export an item of another file.
        let passed_on =
            uses(&self.0[&module]).into_iter().find(|line| line.is_public && line.path.last() == Some(next));
        let found = passed_on.and_then(|line| self.resolve(&module, &line.path));
        found.filter(|found| *found != module).unwrap_or(module)
    }

    fn arrows(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        self.0.keys().map(|module| (module, self.used_by(module))).collect()
    }
}

fn read_folder(folder: &Path, module: &mut Module, modules: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_stem().unwrap().to_str().unwrap().to_string();
        if entry.is_dir() {
            module.push(name);
            read_folder(&entry, module, modules);
            module.pop();
        } else if entry.extension().is_some_and(|extension| extension == "rs") && name != "main" {
            let path = if name == "lib" { Vec::new() } else { [module.as_slice(), &[name]].concat() };
            if path.last().is_none_or(|last| last != "tests") {
                modules.insert(path, code(&fs::read_to_string(entry).unwrap()));
            }
        }
    }
}

/// Code without comments, texts, unit tests, and the places that `pub(in ...)` names.
fn code(text: &str) -> String {
    let mut rest = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let mut code = String::new();
    while let Some(letter) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").unwrap() + 2
        } else if let Some(raw) = rest.strip_prefix("r\"") {
            2 + raw.find('"').unwrap() + 1
        } else if letter == '"' {
            quoted(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("pub(in ") {
            code.push_str("pub");
            rest.find(')').unwrap() + 1
        } else {
            code.push(letter);
            letter.len_utf8()
        };
        rest = &rest[length..];
    }
    code
}

/// The length of a text in quotes.
fn quoted(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The `use` lines of a text, with one path for each branch of their braces.
fn uses(text: &str) -> Vec<Use> {
    let mut uses = Vec::new();
    for statement in text.split_inclusive(';') {
        let Some((is_public, tree)) = use_tree(statement) else { continue };
        let mut paths = Vec::new();
        expand("", &tree.split_whitespace().collect::<Vec<_>>().join(" "), &mut paths);
        uses.extend(paths.into_iter().map(|path| Use { path: parts(&path), is_public }));
    }
    uses
}

/// The paths of a `use` statement, and whether it is public; `None` for any other statement.
fn use_tree(statement: &str) -> Option<(bool, &str)> {
    // A statement is split off at `;`, so attributes or the end of a block may be on the lines before `use`.
    let at = statement.find("use ").filter(|_| statement.ends_with(';'))?;
    let before = statement[..at].rsplit('\n').next().unwrap().trim();
    let is_public = before.starts_with("pub");
    (before.is_empty() || is_public).then(|| (is_public, statement[at + 4..].trim_end_matches(';')))
}

fn expand(head: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((before, rest)) = tree.split_once('{') else {
        paths.push(format!("{head}{}", tree.split(" as ").next().unwrap().trim()));
        return;
    };
    let head = format!("{head}{}", before.trim());
    let (mut depth, mut start) = (0, 0);
    let inner = rest.rsplit_once('}').unwrap().0;
    for (at, letter) in inner.char_indices().chain([(inner.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inner[start..at].trim().is_empty() {
                    expand(&head, inner[start..at].trim(), paths);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

fn parts(path: &str) -> Vec<String> {
    path.split("::").filter(|part| !part.is_empty() && *part != "self" && *part != "*").map(str::to_string).collect()
}

fn without_uses(text: &str) -> String {
    text.split_inclusive(';').filter(|statement| use_tree(statement).is_none()).collect()
}

/// The paths in a text that have two or more parts.
fn paths(text: &str) -> impl Iterator<Item = Vec<String>> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text.split(move |c| !is_path(c)).filter(|word| word.contains("::")).map(parts)
}

/// The first circle, if there is one.
fn circle<'a>(arrows: &BTreeMap<&'a Module, BTreeSet<Module>>) -> Option<Vec<&'a Module>> {
    // A file that no remaining file uses is in no circle, nor is one that uses none of them.
    let mut left: BTreeSet<&Module> = arrows.keys().copied().collect();
    loop {
        let is_used = |module: &&Module| left.iter().any(|other| arrows[*other].contains(*module));
        let uses = |module: &&Module| left.iter().any(|other| arrows[*module].contains(*other));
        let kept: BTreeSet<&Module> = left.iter().copied().filter(|module| is_used(module) && uses(module)).collect();
        if kept.len() == left.len() {
            break;
        }
        left = kept;
    }
    (!left.is_empty()).then(|| left.into_iter().collect())
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let house = House::read();
    assert!(house.0.len() > 150, "{} files", house.0.len());
    let arrows = house.arrows();
    if let Some(circle) = circle(&arrows) {
        let lines: Vec<String> = circle
            .iter()
            .map(|module| {
                let used = arrows[*module].iter().filter(|used| circle.contains(used)).map(|used| used.join("/"));
                format!("{} uses {}", module.join("/"), used.collect::<Vec<_>>().join(", "))
            })
            .collect();
        panic!("these files stand in circles, or between two:\n{}", lines.join("\n"));
    }
}

#[test]
fn rooms_use_each_other_as_the_house_is_drawn() {
    let house = House::read();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, used) in house.arrows() {
        let Some(room) = module.first() else { continue };
        let others = used.iter().filter_map(|used| used.first()).filter(|other| *other != room).cloned();
        found.entry(room.clone()).or_default().extend(others);
    }
    found.retain(|_, used| !used.is_empty());
    let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let text = fs::read_to_string(Path::new(&root).join("src/lib.rs")).unwrap();
    let drawn: BTreeMap<String, BTreeSet<String>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("//! ")?.split_once(" → "))
        .map(|(room, used)| (room.trim().to_string(), used.split(',').map(|used| used.trim().to_string()).collect()))
        .collect();
    assert_eq!(found, drawn, "left: the code, right: the list in src/lib.rs");
}

#[test]
fn a_path_is_read_from_a_use_line_and_from_code() {
    let paths = |text: &str| uses(text).into_iter().map(|line| line.path.join("::")).collect::<Vec<_>>();
    assert_eq!(paths("use a::{self, b::{C, D as E}, f};"), ["a", "a::b::C", "a::b::D", "a::f"]);
    assert_eq!(code("let x = \"a::b\"; // c::d\nlet y = e::f;"), "let x = ; \nlet y = e::f;");
}

//! Files that a script writes, and lists that it reads, each only below one folder.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Component, Path};
use std::rc::Rc;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use indicatif::HumanBytes;
use rhai::{Array, EvalAltResult};

use super::error::thrown;
use super::library::{Library, functions};
use super::limit::STRING_BYTES;
use super::report;
use super::world::World;

type Thrown = Box<EvalAltResult>;

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    functions! { library, world:
        "write_file", "write_file(path, text)", "Writes a file below --write-dir; folders are made.",
        [path: &str, text: &str] write(&world, path, text);
        "read_file", "read_file(path)", "The text of a file below --read-dir, which is the script's folder without it.",
        [path: &str] read(&world, path);
        "html_report", "html_report(title, [#{heading, text, rows, chart}])",
        "One page with sections: a text, a table, and a chart of the rows: \"time\", \"bars\" or \"pairs\".",
        [title: &str, sections: Array] report::page(&world, title, &sections);
    }
}

/// Reads a file below the folder that scripts may read from.
fn read(world: &World, path: &str) -> Result<String, Thrown> {
    let failed = |what: &str| thrown("file", &format!("cannot read `{path}`: {what}"), None);
    let file = open(world, Path::new(path)).map_err(|error| failed(&error.to_string()))?;
    let mut text = String::new();
    let most = STRING_BYTES as u64;
    file.take(most + 1).read_to_string(&mut text).map_err(|error| failed(&error.to_string()))?;
    if text.len() as u64 > most {
        return Err(failed(&format!("it has more than {}", HumanBytes(most))));
    }
    Ok(text)
}

/// Writes a file below the folder that scripts may write to. Without `--write-dir` that is the current folder, which
/// may have files that others run or trust; so only new files that are not hidden are written there.
fn write(world: &World, path: &str, text: &str) -> Result<(), Thrown> {
    let root = world.rules.write_dir.as_deref();
    let refused = |what: &str, help: &str| thrown("file", &format!("`{path}` {what}"), Some(help.into()));
    let mut parts = Path::new(path).components().peekable();
    let is_below = parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let outside = || refused("is outside of where scripts may write", "`--write-dir` names another folder");
    if !is_below {
        return Err(outside());
    }
    let is_hidden = Path::new(path).components().any(|part| is_hidden(&part));
    if root.is_none() && is_hidden {
        return Err(refused("is hidden", "name the folder with `--write-dir` to write such files"));
    }
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => refused("exists", "name the folder with `--write-dir` to write over files"),
        _ => thrown("file", &format!("cannot write `{path}`: {error}"), None),
    };
    // Paths are resolved inside the opened folder, so no link leads out of it, even one that is made meanwhile.
    let root_folder = root.unwrap_or_else(|| Path::new("."));
    let folder = Dir::open_ambient_dir(root_folder, ambient_authority())
        .map_err(|error| thrown("file", &format!("cannot write below `{}`: {error}", root_folder.display()), None))?;
    if let Some(parent) = Path::new(path).parent() {
        // A link that leads out of the folder exists, but is no folder.
        let is_link = |error: &std::io::Error| error.kind() == ErrorKind::AlreadyExists;
        folder.create_dir_all(parent).map_err(|error| if is_link(&error) { outside() } else { failed(error) })?;
    }
    let mut options = OpenOptions::new();
    options.write(true);
    if root.is_some() {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    folder.open_with(path, &options).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}

/// Opens a file below the folder that scripts may read from: the named one, the script's, or the current one.
pub(super) fn open(world: &World, path: &Path) -> io::Result<File> {
    let root = world.rules.read_dir.clone().or_else(|| world.folder()).unwrap_or_else(|| ".".into());
    let folder = Dir::open_ambient_dir(root, ambient_authority())?;
    // Reading a pipe would block the script, and nothing could stop it.
    if !folder.metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    folder.open(path).map(cap_std::fs::File::into_std)
}

fn is_hidden(part: &Component<'_>) -> bool {
    matches!(part, Component::Normal(name) if name.as_encoded_bytes().starts_with(b"."))
}

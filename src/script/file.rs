//! Files that a script writes: below one folder, and nowhere else.

use std::path::{Component, Path};
use std::rc::Rc;

use rhai::{Array, EvalAltResult};

use super::error::thrown;
use super::library::Library;
use super::report;
use super::world::World;

type Thrown = Box<EvalAltResult>;

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    let [one, two] = std::array::from_fn(|_| Rc::clone(world));
    library
        .doc("write_file", "write_file(path, text)", "Writes a file below --write-dir; folders are made.")
        .register_fn("write_file", move |path: &str, text: &str| write(&one, path, text));
    library
        .doc(
            "html_report",
            "html_report(title, [#{heading, text, rows, chart}])",
            "One page with sections: a text, a table, and a chart of the rows: \"time\", \"bars\" or \"pairs\".",
        )
        .register_fn("html_report", move |title: &str, sections: Array| report::page(&two, title, &sections));
}

fn write(world: &World, path: &str, text: &str) -> Result<(), Thrown> {
    let root = &world.rules.write_dir;
    let outside = || {
        let help = Some(format!("files are written below `{}`; `--write-dir` names another folder", root.display()));
        thrown("file", &format!("`{path}` is outside of where scripts may write"), help)
    };
    let is_below = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_below {
        return Err(outside());
    }
    let failed = |error: std::io::Error| thrown("file", &format!("cannot write `{path}`: {error}"), None);
    let file = root.join(path);
    let folder = file.parent().unwrap_or(root);
    std::fs::create_dir_all(folder).map_err(failed)?;
    // A link in between may lead elsewhere.
    let (real_root, real) = (root.canonicalize().map_err(failed)?, folder.canonicalize().map_err(failed)?);
    if !real.starts_with(&real_root) || file.is_symlink() {
        return Err(outside());
    }
    std::fs::write(&file, text).map_err(failed)
}

//! Functions that print.

use std::rc::Rc;

use rhai::{Array, Dynamic, EvalAltResult, ImmutableString, Map};

use super::convert::{from_json, to_json, to_rows};
use super::error::thrown;
use super::library::{Library, functions};
use super::world::World;
use crate::escape;
use crate::output::{Format, output};
use crate::value::{Column, Need};

type Thrown = Box<EvalAltResult>;

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    // Rhai's own `print` takes any value. If it fails, the script ends at its next step.
    let of_print = Rc::clone(world);
    library.doc("print", "print(value)", "Prints a line.").on_print(move |text| {
        let _ = of_print.print(&format!("{text}\n"));
    });
    functions! { library, world:
        "log", "log(value)", "Prints a line on standard error.",
        [value: Dynamic] world.console.note(&escape::lines(&value.to_string()));
        "table", "table(rows[, names])", "Prints rows as a table, with the columns of these names, in their order.",
        [rows: Array] print(&world, Format::Table, &rows, None),
        [rows: Array, names: Array] print(&world, Format::Table, &rows, Some(&names));
        "chart", "chart(rows[, names])",
        "Draws the first measure of rows: lines over bins, a line over time where only a time tells rows apart, else bars.",
        [rows: Array] print(&world, Format::Chart, &rows, None),
        [rows: Array, names: Array] print(&world, Format::Chart, &rows, Some(&names));
        "to_json", "to_json(value)", "A value as JSON; times are RFC 3339.",
        [value: Dynamic] to_json(&value).to_string(),
        // Rhai has its own function of this name for maps.
        [map: &mut Map] to_json(&Dynamic::from(map.clone())).to_string();
        "from_json", "from_json(text)", "The value that a text of JSON stands for.",
        [text: &str] parse_json(text);
        "to_csv", "to_csv(rows[, names])", "Rows as CSV, with a header line.",
        [rows: Array] printed(&world, Format::Csv, &rows, None),
        [rows: Array, names: Array] printed(&world, Format::Csv, &rows, Some(&names));
    }
    // Debug output is for the user too.
    let of_debug = Rc::clone(world);
    library.engine.on_debug(move |text, _, place| of_debug.console.note(&escape::lines(&format!("{place}: {text}"))));
}

fn parse_json(text: &str) -> Result<Dynamic, Thrown> {
    let json =
        serde_json::from_str(text).map_err(|error| thrown("option", &format!("this is not JSON: {error}"), None))?;
    Ok(from_json(&json))
}

fn print(world: &World, format: Format, rows: &Array, names: Option<&Array>) -> Result<(), Thrown> {
    world.print(&printed(world, format, rows, names)?)
}

/// Formats rows like the rows of a query, with the named columns.
fn printed(world: &World, format: Format, rows: &Array, names: Option<&Array>) -> Result<String, Thrown> {
    let named = names.map(|names| named(world, names)).transpose()?;
    let rows = to_rows(rows, |names| named.unwrap_or_else(|| world.columns(names)))?;
    let mut bytes = Vec::new();
    let mut printed = output(format, world.style(), &mut bytes);
    let written = printed.columns(&rows.columns).and_then(|()| printed.rows(rows.rows)).and_then(|()| printed.finish());
    written.map_err(|error| thrown("file", &error.to_string(), None))?;
    if let Some(remark) = printed.remark() {
        world.console.note(&remark);
    }
    drop(printed);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the named columns; a named column is always shown.
fn named(world: &World, names: &Array) -> Result<Vec<Column>, Thrown> {
    let column = |name: &Dynamic| {
        let Some(name) = name.read_lock::<ImmutableString>() else {
            let help = Some("for example `table(rows, [\"name\", \"bytes\"])`".to_string());
            return Err(thrown("type", &format!("expected the name of a column, got {}", name.type_name()), help));
        };
        Ok(Column { need: Need::Usual, ..world.column(&name) })
    };
    names.iter().map(column).collect()
}

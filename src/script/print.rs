//! Functions that print.

use std::rc::Rc;

use rhai::{Array, Dynamic, EvalAltResult, ImmutableString, Map};

use super::convert::{to_json, to_rows};
use super::error::thrown;
use super::library::Library;
use super::world::World;
use crate::output::{Format, output};
use crate::value::{Column, Need};

type Thrown = Box<EvalAltResult>;

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    let [zero, two, three, four, five, six, seven, eight, nine] = std::array::from_fn(|_| Rc::clone(world));
    // The language's own `print` takes any value. One that fails ends the script at its next step.
    library.doc("print", "print(value)", "Prints a line.").on_print(move |text| {
        let _ = zero.print(&format!("{text}\n"));
    });
    library
        .doc("log", "log(value)", "Says something on standard error.")
        .register_fn("log", move |value: Dynamic| two.console.note(&value.to_string()));
    library
        .doc(
            "table",
            "table(rows[, names])",
            "Prints rows as a table, with the columns of these names, in their order.",
        )
        .register_fn("table", move |rows: Array| three.print(&printed(&three, Format::Table, &rows, None)?))
        .register_fn("table", move |rows: Array, names: Array| {
            seven.print(&printed(&seven, Format::Table, &rows, Some(&names))?)
        });
    library
        .doc(
            "chart",
            "chart(rows[, names])",
            "Draws the first measure of rows: lines over bins, a line over time where only a time tells rows apart, else bars.",
        )
        .register_fn("chart", move |rows: Array| four.print(&printed(&four, Format::Chart, &rows, None)?))
        .register_fn("chart", move |rows: Array, names: Array| {
            eight.print(&printed(&eight, Format::Chart, &rows, Some(&names))?)
        });
    library
        .doc("to_json", "to_json(value)", "A value as JSON; times are RFC 3339.")
        .register_fn("to_json", |value: Dynamic| to_json(&value).to_string())
        // The language has one of its own for maps.
        .register_fn("to_json", |map: &mut Map| to_json(&Dynamic::from(map.clone())).to_string());
    library
        .doc("to_csv", "to_csv(rows[, names])", "Rows as CSV, with a header line.")
        .register_fn("to_csv", move |rows: Array| printed(&five, Format::Csv, &rows, None))
        .register_fn("to_csv", move |rows: Array, names: Array| printed(&nine, Format::Csv, &rows, Some(&names)));
    // Lines that debug a script are for people too.
    library.engine.on_debug(move |text, _, place| six.console.note(&format!("{place}: {text}")));
}

/// Rows, in one of the formats of every answer, with the columns of these names.
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

/// Returns the columns of these names. Who names a column wants to see it.
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

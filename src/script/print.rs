//! What a script prints, and says.

use std::rc::Rc;

use rhai::{Array, Dynamic, EvalAltResult, Map};

use super::convert::{to_json, to_rows};
use super::error::thrown;
use super::{Library, World};
use crate::output::{Format, Style, output};

type Thrown = Box<EvalAltResult>;

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    let [zero, two, three, four, five, six] = std::array::from_fn(|_| Rc::clone(world));
    // The language's own `print` takes any value. One that fails ends the script at its next step.
    library.doc("print", "print(value)", "Prints a line.").on_print(move |text| {
        let _ = zero.print(&format!("{text}\n"));
    });
    library
        .doc("log", "log(value)", "Says something on standard error.")
        .register_fn("log", move |value: Dynamic| two.console.note(&value.to_string()));
    library
        .doc("table", "table(rows)", "Prints rows as a table.")
        .register_fn("table", move |rows: Array| three.print(&printed(&three, Format::Table, &rows)?));
    library
        .doc("chart", "chart(rows)", "Draws rows: a line over time where a column is a time, else bars.")
        .register_fn("chart", move |rows: Array| four.print(&printed(&four, Format::Chart, &rows)?));
    library
        .doc("to_json", "to_json(value)", "A value as JSON; times are RFC 3339.")
        .register_fn("to_json", |value: Dynamic| to_json(&value).to_string())
        // The language has one of its own for maps.
        .register_fn("to_json", |map: &mut Map| to_json(&Dynamic::from(map.clone())).to_string());
    library
        .doc("to_csv", "to_csv(rows)", "Rows as CSV, with a header line.")
        .register_fn("to_csv", move |rows: Array| printed(&five, Format::Csv, &rows));
    // Lines that debug a script are for people too.
    library.engine.on_debug(move |text, _, place| six.console.note(&format!("{place}: {text}")));
}

/// Rows, in one of the formats of every answer.
fn printed(world: &World, format: Format, rows: &Array) -> Result<String, Thrown> {
    let rows = to_rows(rows, |columns| world.ordered(columns))?;
    let mut bytes = Vec::new();
    let style = Style {
        colour: false,
        width: world.console.width(),
        // What is printed is escaped when it is.
        terminal: false,
        zone: world.clock().zone,
        hidden: Vec::new(),
        vertical: false,
        bars: false,
    };
    let mut printed = output(format, style, &mut bytes);
    let written = printed.columns(&rows.columns).and_then(|()| printed.rows(rows.rows)).and_then(|()| printed.finish());
    written.map_err(|error| thrown("file", &error.to_string(), None))?;
    if let Some(remark) = printed.remark() {
        world.console.note(&remark);
    }
    drop(printed);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

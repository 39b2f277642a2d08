//! A self-contained HTML page: sections with texts, tables and pictures, without scripts and links.

mod html;
mod picture;

use rhai::{Array, Dynamic, EvalAltResult, Map};

use super::convert::to_rows;
use super::error::thrown;
use super::world::World;
use crate::value::{Rows, time_utc};
use html::{escaped, push, shown};

type Thrown = Box<EvalAltResult>;

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1d2733; --faint: #66717f; --line: #d5dbe2; --paper: #ffffff; --mark: #1f6fb2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ee; --faint: #98a4b1; --line: #37424e; --paper: #14191f; --mark: #6cb2ee; }
}
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p.made { color: var(--faint); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .8rem .25rem 0; text-align: left; }
th { color: var(--faint); font-weight: 600; } .number { text-align: right; }
div.wide { overflow-x: auto; }
svg { height: auto; max-width: 100%; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .faint { fill: var(--faint); } svg .axis { stroke: var(--line); } svg .bar { fill: var(--mark); }
svg .line { fill: none; stroke: var(--mark); stroke-width: 2; } svg .edge { fill: none; stroke: var(--mark); stroke-opacity: .55; }
svg .node { fill: var(--mark); }
";

/// The keys of a section's map.
const PARTS: [&str; 4] = ["heading", "text", "rows", "chart"];

/// Returns the page as text.
pub(super) fn page(world: &World, title: &str, sections: &Array) -> Result<String, Thrown> {
    let mut body = String::new();
    for section in sections {
        let Some(map) = section.read_lock::<Map>() else {
            return Err(thrown("type", &format!("a section is a map, not a {}", section.type_name()), None));
        };
        if let Some(unknown) = map.keys().find(|key| !PARTS.contains(&key.as_str())) {
            let help = Some(format!("there are {}", PARTS.join(", ")));
            return Err(thrown("option", &format!("a section has no `{unknown}`"), help));
        }
        body.push_str(&self::section(world, &map)?);
    }
    let (title, made) = (escaped(title), time_utc(world.clock().now));
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p class=\"made\">{made}</p>\n{body}</body>\n</html>\n"
    ))
}

fn section(world: &World, map: &Map) -> Result<String, Thrown> {
    let text = |key: &str| map.get(key).filter(|value| !value.is_unit()).map(Dynamic::to_string);
    let mut html = String::new();
    if let Some(heading) = text("heading") {
        push(&mut html, format_args!("<h2>{}</h2>\n", escaped(&heading)));
    }
    if let Some(text) = text("text") {
        push(&mut html, format_args!("<p>{}</p>\n", escaped(&text)));
    }
    let Some(rows) = map.get("rows") else { return Ok(html) };
    let rows = rows.read_lock::<Array>().ok_or_else(|| thrown("type", "`rows` is an array of maps", None))?;
    let rows = to_rows(&rows, |names| world.columns(names))?;
    match text("chart").as_deref() {
        None => html.push_str(&table(&rows)),
        Some(_) if rows.rows.is_empty() => html.push_str("<p>There are no rows to draw.</p>\n"),
        Some("time") => html.push_str(&picture::line(&rows, &world.clock().zone)?),
        Some("bars") => html.push_str(&picture::bars(&rows)?),
        Some("pairs") => html.push_str(&picture::pairs(&rows)?),
        Some(other) => {
            let help = Some("there are time, bars and pairs".to_string());
            return Err(thrown("option", &format!("unknown chart `{other}`"), help));
        }
    }
    Ok(html)
}

fn table(rows: &Rows) -> String {
    let class = |place: usize| if rows.columns[place].column_type.is_number() { " class=\"number\"" } else { "" };
    let mut html = String::from("<div class=\"wide\"><table>\n<tr>");
    for (place, column) in rows.columns.iter().enumerate() {
        push(&mut html, format_args!("<th{}>{}</th>", class(place), escaped(&column.name.replace('_', " "))));
    }
    html.push_str("</tr>\n");
    for row in &rows.rows {
        html.push_str("<tr>");
        for (place, value) in row.iter().enumerate() {
            push(&mut html, format_args!("<td{}>{}</td>", class(place), escaped(&shown(value))));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table></div>\n");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_read_as_markup() {
        assert_eq!(escaped("<b a=\"x\">'&\u{7}"), "&lt;b a=&quot;x&quot;&gt;&#39;&amp;\u{fffd}");
    }
}

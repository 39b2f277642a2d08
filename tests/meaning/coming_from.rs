//! The manual for people who know Logs Insights: its queries find the same as its sentences.

use std::collections::BTreeMap;
use std::process::Command;

use flowlogs::insights;
use flowlogs::query::compile;

use crate::engine::context;
use crate::evaluator::{Dash, Query, Settings, run};
use crate::records::Records;

/// Records with something for every question; no two groups are equal.
const RECORDS: &str = "\
2 1 eni-1 10.0.0.1 10.0.1.1 40000 22 6 1 100 1795434000 1795434060 ACCEPT OK
2 1 eni-1 10.0.0.1 10.0.1.2 40001 22 6 2 200 1795434100 1795434160 REJECT OK
2 1 eni-1 10.0.0.2 10.0.1.1 40002 3389 6 3 300 1795434400 1795434460 REJECT OK
2 1 eni-1 192.0.2.1 10.0.1.1 40003 53 17 4 2000000 1795434500 1795434560 ACCEPT OK
2 1 eni-2 192.0.2.1 10.0.1.1 40004 443 6 5 500 1795434700 1795434760 REJECT OK
2 1 eni-2 192.0.2.1 10.0.1.3 40005 80 17 6 600 1795434800 1795434860 REJECT OK
2 1 eni-2 192.0.2.1 10.0.1.3 40006 8080 6 7 700 1795434900 1795434960 REJECT OK
2 1 eni-2 10.0.0.2 10.0.1.3 40007 25 6 8 800 1795435000 1795435060 ACCEPT OK
";

/// The rows of a query, each without names: its columns have other names.
fn rows(text: &str, records: &Records) -> Result<Vec<Vec<String>>, String> {
    let query = Query::parse(text).map_err(|error| format!("{error}: {text}"))?;
    let settings = Settings::all().into_iter().find(|settings| settings.dash == Dash::Text);
    let log = records.log(Dash::Text).map_err(|error| error.to_string())?;
    let answer = run(&query, &log, settings.ok_or("no settings")?);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in answer.rows.into_iter().take(query.limit) {
        let mut values: Vec<String> = row.cells.into_iter().map(|(_, value)| value).collect();
        values.sort();
        rows.push(values);
    }
    rows.sort();
    Ok(rows)
}

/// The questions in the manual's part about Logs Insights: the query, and the sentence.
fn questions() -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_flowlogs")).args(["help", "insights"]).output();
    let text = String::from_utf8(output.expect("the program runs").stdout).expect("the manual is text");
    let mut questions = BTreeMap::new();
    let mut open = None;
    for line in text.lines().skip(1) {
        match (line.trim().split_once("  "), open.take()) {
            (Some((theirs, ours)), None) => {
                questions.insert(theirs.to_string(), ours.trim().to_string());
            }
            (None, Some(theirs)) => {
                questions.insert(theirs, line.trim().to_string());
            }
            (None, None) => open = Some(line.trim().to_string()),
            (Some(_), Some(theirs)) => panic!("`{theirs}` has no sentence"),
        }
    }
    questions
}

#[test]
fn queries_of_insights_find_what_the_sentences_beside_them_find() {
    let records = Records::parse(RECORDS);
    let questions = questions();
    let mut differences = Vec::new();
    for (theirs, ours) in &questions {
        let plan = compile(ours, &context()).unwrap_or_else(|error| panic!("{ours}: {error}"));
        let emitted = insights::emit(&plan, &records.format()).expect("the service can say it");
        // The service's own limit, which the second reader wants to be explicit.
        let limit = if theirs.contains("| limit ") { "" } else { " | limit 10000" };
        let found = rows(&format!("{theirs}{limit}"), &records);
        if found.as_ref().is_ok_and(|rows| !rows.is_empty()) && found == rows(&emitted.text, &records) {
            continue;
        }
        differences.push(format!("{theirs}\n{ours}\n{found:?}\n{:?}", rows(&emitted.text, &records)));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert_eq!(questions.len(), 10);
}

//! The page of `report.rhai`, in a browser.
#![cfg(all(unix, feature = "local"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod program;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use program::Ran;

/// Runs the script on a demo account; returns the data of its report.
fn report(folder: &Path) -> serde_json::Value {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let script = Path::new(&root).join("scripts/report.rhai").display().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.args(["demo", "--dir", "demo", "--", &script, "report", "last 1h"]).current_dir(folder);
    Ran::of(command.env("TZ", "UTC").stdin(Stdio::null())).done();
    serde_json::from_str(&fs::read_to_string(folder.join("report/report.json")).unwrap()).unwrap()
}

/// Opens the page in a headless browser; returns its output and its log.
fn open(folder: &Path, task: &str) -> Ran {
    let mut browser = Command::new("chromium");
    browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
    browser.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    browser.args(["--enable-logging=stderr", "--window-size=1000,2600", task]);
    browser.arg(format!("--user-data-dir={}", folder.join("browser").display()));
    browser.arg(format!("file://{}", folder.join("report/report.html").display()));
    match browser.stdin(Stdio::null()).output() {
        Ok(output) => output.into(),
        Err(error) => panic!("Chromium cannot be run ({error}): `apt-get install chromium`, or `tests/run` does it"),
    }
}

/// The contents of all `<text ...>` elements.
fn texts(page: &str) -> Vec<&str> {
    let starts = page.split("<text").skip(1);
    starts.map(|rest| rest.split_once('>').unwrap().1.split_once("</text>").unwrap().0).collect()
}

#[test]
fn a_browser_shows_the_charts_of_a_report() {
    let folder = TempDir::new().unwrap();
    let data = report(folder.path());
    let shown = open(folder.path(), "--dump-dom");
    assert!(!shown.stderr.contains("CONSOLE"), "{}", shown.stderr);
    let page = shown.done();
    assert_eq!(page.matches("<svg").count(), 4, "{page}");
    assert_eq!((page.matches("<polyline").count(), page.matches("<table").count()), (2, 2), "{page}");
    let texts = texts(&page);
    let rows = |name: &str| data[name].as_array().unwrap().clone();
    let names = |rows: Vec<serde_json::Value>, column: &str| -> Vec<String> {
        rows.iter().map(|row| row[column].as_str().unwrap().to_string()).collect()
    };
    assert!(rows("talkers").len() > 5 && rows("pairs").len() > 5 && rows("bytes").len() > 10);
    assert_eq!(page.matches("<rect").count(), rows("talkers").len());
    assert_eq!(page.matches("<path").count(), rows("pairs").len());
    let labels = [names(rows("talkers"), "local_name"), names(rows("pairs"), "client"), names(rows("pairs"), "server")];
    for label in labels.concat() {
        assert!(texts.contains(&label.as_str()), "`{label}` is not in {texts:?}");
    }
    // An hour has a tick every ten minutes in both pictures.
    let is_time = |text: &&&str| text.len() == 5 && text.as_bytes()[2] == b':' && text.ends_with('0');
    assert!(texts.iter().filter(is_time).count() >= 10, "{texts:?}");

    let picture = folder.path().join("report.png");
    open(folder.path(), &format!("--screenshot={}", picture.display())).done();
    let picture = fs::read(&picture).unwrap();
    // A picture of an empty page of this size has some 10 kB.
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 50_000, "{} bytes", picture.len());
}

//! `post` of scripts, against a receiver on loopback with scripted answers.
#![cfg(all(unix, feature = "local"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod program;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use program::Ran;

/// Receives one request and answers it.
struct Receiver {
    host: String,
    received: JoinHandle<(String, String)>,
}

impl Receiver {
    fn answering(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let answer = answer.to_string();
        let received = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let request = request(&stream);
            // The program may have heard enough before the end.
            let _ = (&stream).write_all(answer.as_bytes());
            request
        });
        Self { host, received }
    }

    fn url(&self) -> String {
        format!("http://{}/services/SECRET", self.host)
    }

    /// The first line with the content type, and the body, of what came.
    fn received(self) -> (String, Json) {
        let (head, body) = self.received.join().unwrap();
        (head, serde_json::from_str(&body).unwrap())
    }
}

/// Reads a request to its end.
fn request(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_string());
    }
    let header = |name: &str| {
        let mut headers = lines.iter().filter_map(|line| line.split_once(": "));
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap().1.to_string()
    };
    let mut body = vec![0; header("content-length").parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    (format!("{} {}", lines[0], header("content-type")), String::from_utf8(body).unwrap())
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

fn command(folder: &TempDir, script: &str, options: &[&str]) -> Command {
    fs::write(folder.path().join("x.rhai"), script).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.current_dir(folder.path()).env_clear().env("TZ", "UTC").env("HOME", "/nonexistent").stdin(Stdio::null());
    let records = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sample");
    command.args(["--local", records]).args(options).args(["run", "x.rhai"]);
    command
}

fn ran(script: &str, options: &[&str]) -> Ran {
    Ran::of(&mut command(&TempDir::new().unwrap(), script, options))
}

#[test]
fn a_map_arrives_as_json_where_its_host_is_named() {
    let receiver = Receiver::answering(&answer("200 OK", "", "ok"));
    let script = format!("print(post(\"{}\", #{{ text: \"a\\nb\", rows: [1, 2.5, ()] }}));", receiver.url());
    assert_eq!(ran(&script, &["--allow-net", &receiver.host]).done(), "ok\n");
    let (head, body) = receiver.received();
    assert_eq!(head, "POST /services/SECRET HTTP/1.1 application/json");
    assert_eq!(body, json!({ "text": "a\nb", "rows": [1, 2.5, null] }));
}

#[test]
fn a_json_text_arrives_as_it_is_and_other_text_is_not_sent() {
    let receiver = Receiver::answering(&answer("204 No Content", "", ""));
    let script = format!("print(post(\"{}\", to_json([#{{ a: 1 }}])).len());", receiver.url());
    assert_eq!(ran(&script, &["--allow-net", "127.0.0.1"]).done(), "0\n");
    assert_eq!(receiver.received().1, json!([{ "a": 1 }]));
    let rest = "post(\"http://127.0.0.1:1/\", \"hello\");";
    ran(rest, &["--allow-net", "127.0.0.1"]).fails(1, "this text is not JSON");
}

#[test]
fn nothing_is_sent_to_a_host_that_is_not_named_nor_in_a_dry_run() {
    let receiver = Receiver::answering(&answer("200 OK", "", "ok"));
    let script = format!("print(post(\"{}\", #{{}}).len());", receiver.url());
    ran(&script, &["--allow-net", "127.0.0.1:1"]).fails(1, &format!("scripts may not send to `{}`", receiver.host));
    let dry = ran(&script, &["--allow-net", &receiver.host, "--dry-run"]);
    assert!(dry.stderr.contains(&format!("would send 2 B to {}", receiver.host)), "{}", dry.stderr);
    assert_eq!(dry.done(), "0\n");
    assert!(!receiver.received.is_finished());
    ran("", &["--allow-net", "http://127.0.0.1/"]).fails(2, "it is not a host");
}

#[test]
fn a_refusal_says_why_and_keeps_the_path_of_the_url_to_itself() {
    let refusals = [
        (answer("404 Not Found", "", "no_service\x1b[31m"), "HOST answered 404 Not Found: no_service"),
        (
            answer("404 Not Found", "", "Cannot POST /services/SECRET\nerror: forged"),
            "HOST answered 404 Not Found: Cannot POST ... error: forged",
        ),
        (answer("302 Found", "location: http://127.0.0.1:1/elsewhere\r\n", ""), "HOST answered 302 Found"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut".to_string(), "sending to HOST failed: "),
        (answer("200 OK", "", &"x".repeat(1_100_000)), "HOST answered with more than 1.00 MiB"),
    ];
    for (refusal, said) in refusals {
        let receiver = Receiver::answering(&refusal);
        let script = format!(
            "try {{ post(\"{}\", #{{}}) }} catch (e) {{ print(e.kind + \": \" + e.message); }}",
            receiver.url()
        );
        let out = ran(&script, &["--allow-net", &receiver.host]).done();
        assert!(out.starts_with(&format!("net: {}", said.replace("HOST", &receiver.host))), "{out}");
        assert!(!out.contains("SECRET") && !out.contains('\x1b') && out.len() < 200, "{out}");
    }
    let nobody = "post(\"http://127.0.0.1:1/SECRET\", #{})";
    let refused =
        ran(&format!("try {{ {nobody} }} catch (e) {{ print(e.message); }}"), &["--allow-net", "127.0.0.1"]).done();
    assert!(refused.starts_with("sending to 127.0.0.1:1 failed: ") && !refused.contains("SECRET"), "{refused}");
}

#[test]
fn ctrl_c_ends_the_wait_for_an_answer() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let script = format!("post(\"http://{host}/\", #{{}})");
    let mut running = command(&folder, &script, &["--allow-net", &host]).spawn().unwrap();
    silent.set_nonblocking(true).unwrap();
    let stream = loop {
        match silent.accept() {
            Ok((stream, _)) => break stream,
            Err(_) => assert_eq!(running.try_wait().unwrap(), None, "it has not asked"),
        }
        thread::sleep(Duration::from_millis(5));
    };
    stream.set_nonblocking(false).unwrap();
    request(&stream);
    let since = Instant::now();
    let id = running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

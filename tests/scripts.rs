//! Scripts: each that ships has an answer on the demo account; some errors can be caught; hostile scripts end in clear
//! errors.
#![cfg(all(unix, feature = "local"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use program::Ran;

/// A demo account in its own folder, in which scripts run, too.
struct Demo(TempDir);

impl Demo {
    fn new() -> Self {
        let demo = Self(TempDir::new().unwrap());
        demo.command(&["demo", "--dir", &demo.dir()]).output().unwrap();
        demo
    }

    fn dir(&self) -> String {
        self.0.path().join("demo").display().to_string()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        command.args(args).current_dir(self.0.path()).env_clear().env("TZ", "UTC").env("HOME", "/nonexistent");
        command.env("FLOWLOGS_GREETING", "hello").stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(&[&["--local", &self.dir()], args].concat()))
    }

    /// Runs one of the scripts that ship.
    fn ship(&self, name: &str, args: &[&str]) -> Ran {
        self.run(&[&["run", &shipped(name).display().to_string()], args].concat())
    }

    /// Runs a script of this text.
    fn script(&self, text: &str) -> Ran {
        let file = self.0.path().join("x.rhai");
        fs::write(&file, text).unwrap();
        self.run(&["run", "x.rhai"])
    }

    fn csv(&self, sentence: &str) -> Vec<String> {
        self.run(&["-o", "csv", "-e", sentence]).done().lines().skip(1).map(str::to_string).collect()
    }
}

fn scripts() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests")).join("scripts")
}

fn shipped(name: &str) -> PathBuf {
    scripts().join(format!("{name}.rhai"))
}

/// A window that does not move during a test.
fn past_hour() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let time = |seconds: u64| jiff::Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
    format!("from {} to {}", time(now - 3_700), time(now - 100))
}

/// The cells of a table's row.
fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn every_script_that_ships_is_documented_and_tested() {
    let tests = [include_str!("scripts.rs"), include_str!("advice.rs")];
    let mut count = 0;
    for entry in fs::read_dir(scripts()).unwrap() {
        let file = entry.unwrap().path();
        if file.is_dir() {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(text.starts_with("#!/usr/bin/env flowlogs\n// "), "{name} begins with what it does");
        assert!(text.contains(&format!("scripts/{name}.rhai")), "{name} says how it is called");
        assert!(tests.iter().any(|tests| tests.contains(&format!("ship(\"{name}\""))), "{name} has a test");
        count += 1;
    }
    assert_eq!(count, 12);
}

#[test]
fn rejects_counts_who_is_refused_and_fails_past_a_threshold() {
    let demo = Demo::new();
    let window = past_hour();
    let total = &demo.csv(&format!("all where reject {window} | count()"))[0];
    let out = demo.ship("rejects", &["1000000", &window]).done();
    assert!(out.contains(&format!("\n{total} flows were refused\n\nstands on: ")), "{out}");
    demo.ship("rejects", &["10", &window]).fails(1, "more than 10");
    demo.ship("rejects", &[]).done();
}

#[test]
fn why_rejected_finds_the_mistakes_of_the_demo_and_says_what_mends_them() {
    let demo = Demo::new();
    let out = demo.ship("why-rejected", &[]).done();
    let has = |from: &str, to: &str, service: &str, why: &str, fix: &str| {
        out.lines().any(|line| {
            [from, to, service].iter().all(|part| cells(line).contains(part))
                && line.contains(why)
                && line.contains(fix)
        })
    };
    assert!(has("worker", "orders-db", "5432/tcp", "no rule of demo-db", "ingress rule: TCP 5432 from sg-"), "{out}");
    assert!(has("shop-alb", "web", "8080/tcp", "ingress entry 90: denies", "with a number below 90"), "{out}");
    let mended = "egress entry: allow TCP 1024-32767 to";
    assert!(has("bought-app", "bought-db", "3306/tcp", "no egress entry of acl-", mended), "{out}");
    assert!(out.contains(" public addresses were refused too"), "{out}");
}

#[test]
fn scripts_that_ship_answer_without_arguments() {
    let demo = Demo::new();
    for name in ["top-talkers", "nat-cost", "open-to-world", "rejects", "sg-from-traffic", "changed"] {
        let out = demo.ship(name, &[]).done();
        assert!(out.contains("stands on: "), "{name}: {out}");
    }
    demo.ship("blast-radius", &[]).fails(1, "name a target");
    demo.ship("blast-radius", &["orders-bd"]).fails(1, "no interface matches `orders-bd`");
}

#[test]
fn what_is_known_before_a_question_is_asked() {
    let demo = Demo::new();
    let out = demo.script(
        r#"
        let judged = why("worker", "orders-db", "5432");
        print(judged.verdict + ": " + judged.cases[0].reasons[0].contains("no rule of demo-db"));
        print(why("api", "orders-db", "5432/tcp", #{ client_port: 40000 }).verdict);
        try { why("api", "orders-db", "5432/xyz"); } catch (error) { print(error.message); }
        let found = coverage("sg demo-web where accept last 1h");
        print(found.parts.len() > 0 && found.last - found.first >= 3_599 && found.parts.all(|part| part.since < part.last));
        print(estimate("vpc") == ());
        print(prefix_lists("*s3").len() + " " + route_tables("prod-*").len());
        print(list_all().len() == list().len() && list()[0].covered_ids.len() == list()[0].covered);
        print(findings().len() >= 0);
        print(seconds("1d") + " " + from_json("{\"a\": [1, null]}").a.len());
        write_file("kept.json", to_json(#{ a: 1 }));
        print(from_json(read_file("kept.json")).a);
        try { read_file("../outside"); } catch (error) { print(error.kind); }
        "#,
    );
    let expected =
        "denied: true\nallowed\n`5432/xyz` is not a service\ntrue\ntrue\n1 4\ntrue\ntrue\n86400 2\n1\nfile\n";
    assert_eq!(out.done(), expected);
}

#[test]
fn rows_that_are_handed_over_bring_their_own_steps() {
    let demo = Demo::new();
    let counted = "let n = 0; for row in rows(\"all last 20h | limit none\") { for i in 0..150 { n += 1; } } print(n > 20_000_000);";
    assert_eq!(demo.script(counted).done(), "true\n");
}

#[test]
fn a_mistake_in_an_import_is_said_with_its_file() {
    let demo = Demo::new();
    fs::write(demo.0.path().join("part.rhai"), "fn f() {\n  let until = 1;\n}\n").unwrap();
    let ran = demo.script("let a = 1;\nimport \"part\" as part;\n");
    assert!(ran.stderr.contains("x.rhai:2:") && ran.stderr.contains("`part` cannot be imported"), "{}", ran.stderr);
    assert!(ran.stderr.contains("line 2"), "{}", ran.stderr);
}

#[test]
fn cleanup_deletes_what_is_old_once_it_is_confirmed() {
    let demo = Demo::new();
    let flow_logs = || demo.run(&["list", "-o", "ndjson"]).done().lines().count();
    let before = flow_logs();
    // The flow logs of the VPC that was bought are new.
    let new = 2;
    let old = before - new;
    assert!(old > 2);
    demo.ship("cleanup", &["20"]).fails(1, "`--yes` confirms beforehand");
    assert_eq!(flow_logs(), before);
    let file = shipped("cleanup").display().to_string();
    let dry = demo.run(&["--dry-run", "run", &file, "20"]).done();
    assert_eq!(dry.matches("would_delete").count(), old, "{dry}");
    demo.run(&["--read-only", "--yes", "run", &file, "20"]).fails(1, "--read-only");
    assert_eq!(flow_logs(), before);
    let done = demo.run(&["--yes", "run", &file, "20"]).done();
    assert_eq!(done.matches("deleted ").count(), old, "{done}");
    assert_eq!(flow_logs(), new);
    assert!(demo.ship("cleanup", &[]).done().contains("no flow log is older than 30 days"));
}

#[test]
fn report_writes_a_page_that_stands_by_itself() {
    let demo = Demo::new();
    let out = demo.ship("report", &["weekly", "last 1h"]).done();
    assert_eq!(out, "weekly/report.html\n");
    let folder = demo.0.path().join("weekly");
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert_eq!(page.matches("<svg").count(), 4);
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(page.contains(">shop-alb</text>") && page.contains("<h2>Who talks to whom</h2>"), "{page}");
    for outside in ["<script", "http:", "https:", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "the page has `{outside}`");
    }
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("report.json")).unwrap()).unwrap();
    assert!(json["talkers"].as_array().unwrap().len() > 5);
    let csv = fs::read_to_string(folder.join("talkers.csv")).unwrap();
    assert!(csv.starts_with("local_name,bytes\n"), "{csv}");
}

#[test]
fn capture_leaves_nothing_behind() {
    let demo = Demo::new();
    // Everything except the stored bytes, which grow.
    let list = || {
        let listed = demo.run(&["list", "-o", "csv"]).done();
        listed.lines().map(|line| line.rsplit_once(',').unwrap().0.to_string()).collect::<Vec<_>>()
    };
    let before = list();
    let captured = demo.ship("capture", &["instance", "bastion", "| count() as flows by local.name"]);
    assert!(
        captured.stderr.contains("created instance bastion") && captured.stderr.contains("deleted instance bastion"),
        "{}",
        captured.stderr
    );
    let out = captured.done();
    assert_eq!(cells(out.lines().nth(1).unwrap())[0], "bastion", "{out}");
    assert_eq!(list(), before);
    demo.ship("capture", &[]).done();
    // The same for a wrong question.
    let wrong = demo.ship("capture", &["instance", "bastion", "| topp 3"]);
    assert!(wrong.stderr.contains("deleted instance bastion") && wrong.code == Some(2), "{}", wrong.stderr);
    assert_eq!(list(), before);
}

#[test]
fn values_are_typed_and_enter_a_query_as_parameters() {
    let demo = Demo::new();
    let out = demo.script(
        r#"
        let row = query("vpc prod where tcp | show time, src.addr, bytes, flags, remote.name | limit 1")[0];
        print(type_of(row.bytes));
        print(row.flags.len() >= 0);
        print(row.time < now() && now() - row.time < 7200);
        let ports = query("vpc prod where dst.port in $ports and bytes > $least | top 5 dst.port",
            #{ ports: [22, "https", 8080], least: 10 });
        print(ports.all(|row| row.dst_port in [22, 443, 8080]) && ports.len() > 1);
        let since = now() - 600;
        print(query("vpc prod where start >= $since | min(start) as first", #{ since: since })[0].first >= since);
        let streamed = 0;
        for row in rows("vpc prod last 30m | limit none") { streamed += 1; }
        print(streamed == query("vpc prod last 30m | count()")[0].count || streamed > 100);
        print(explain("vpc where dst.port = 22").contains("dstPort = 22"));
        print(env("FLOWLOGS_GREETING"));
        print(in_network("10.1.2.3", "10.0.0.0/8"));
        "#,
    );
    assert_eq!(out.done(), "i64\ntrue\ntrue\ntrue\ntrue\ntrue\ntrue\nhello\ntrue\n");
}

#[test]
fn hostile_text_stays_a_value() {
    let demo = Demo::new();
    for text in ["eni-1\\\" or accept", "x' or 1", "`", "\\n| limit none", "$y", "/x/", "ü\\u{0}"] {
        let script = format!(r#"print(query("vpc prod where eni = $x | count()", #{{ x: "{text}" }})[0].count)"#);
        let ran = demo.script(&script);
        let is_refused = ran.code == Some(2) && ran.stderr.contains("error: ");
        assert!(is_refused || ran.stdout == "0\n", "{text}: {}{}", ran.stdout, ran.stderr);
    }
    demo.script(r#"query("vpc where dst.port = $x", #{ x: "22 or accept" })"#).fails(2, "the query is wrong");
    demo.script(r#"query("vpc where dst.port in $x", #{ x: [] })"#).fails(2, "empty list");
    demo.script(r#"query("vpc where dst.port = $x", #{ x: #{} })"#).fails(2, "`$x` is a map");
}

#[test]
fn errors_have_their_place_and_can_be_caught_by_kind() {
    let demo = Demo::new();
    let ran = demo.script("let a = 1;\nlet b = query(\"vpc where bites > 5\");\n");
    assert_eq!(
        ran.stderr,
        "error: the query is wrong\n  ┌─ x.rhai:2:9\n  │\n2 │ let b = query(\"vpc where bites > 5\");\n  │         ^^^^^\n\
         error: unknown field `bites`\n  ┌─ query:1:11\n  │\n1 │ vpc where bites > 5\n  │           ^^^^^ expected a field\n  │\n  \
         = help: did you mean `bytes`?\n"
    );
    assert_eq!(ran.code, Some(2));
    let out = demo.script(
        r#"
        for act in [|| query("vpc where bites"), || query("vpc prdo"), || fail("no"), || create("vcp", "x"), || env("PATH")] {
            try { act.call(); } catch (e) { print(e.kind); }
        }
        "#,
    );
    assert_eq!(out.done(), "query\nno_match\nfail\nkind\nenv\n");
    demo.script("fail(\"too many\")").fails(1, "error: too many");
    let code = demo.script("exit(7); print(1)");
    assert_eq!((code.code, code.stdout.as_str()), (Some(7), ""));
    demo.script("let x = ;").fails(2, "x.rhai:1:9");
}

#[test]
fn hostile_scripts_end_in_clear_errors() {
    let demo = Demo::new();
    fs::create_dir(demo.0.path().join("inside")).unwrap();
    std::os::unix::fs::symlink("/tmp", demo.0.path().join("link")).unwrap();
    for (script, part) in [
        ("loop {}", "too many steps: a script has 20,000,000"),
        ("fn f(n) { f(n + 1) } f(0)", "too many calls: functions call functions 64 deep"),
        (
            "let a = []; a.pad(1000, \"\"); let s = \"x\"; for i in 0..24 { s += s; } for i in 0..1000 { a[i] = s + i; }",
            "too much memory: scripts have 2.00 GiB in all",
        ),
        ("let s = \"x\"; loop { s += s; }", "a string is too long: with what it stands in, it has 64.00 MiB at most"),
        (
            "let a = [1]; loop { a += a; }",
            "an array is too large: with what it holds, it has 1,000,000 entries at most",
        ),
        // Small arrays count with the array that contains them.
        ("let a = [0]; loop { a = [a, a, a]; }", "an array is too large"),
        ("let all = []; loop { let a = []; a.pad(500, 0); all.push(a); }", "an array is too large"),
        // A script that catches every error does not catch a limit, not even inside a function.
        ("loop { try { let s = \"x\"; loop { s += s; } } catch { print(1); } }", "a string is too long"),
        ("fn f() { loop {} } loop { try { f() } catch { } }", "too many steps"),
        ("let m = #{}; for i in 0..3_000_000 { m[`${i}`] = i; } m + #{ x: 1 };", "too "),
        ("let x = 9223372036854775807; x + 1", "overflow"),
        ("let m = #{}; let i = 0; loop { m[`${i}`] = 1; i += 1; }", "too "),
        ("query(\"vpc last 1d | limit none\")", "one by one with `rows`"),
        ("import \"/etc/passwd\" as p;", "cannot import"),
        ("import \"../x\" as p;", "cannot import"),
        ("eval(\"1\")", "a script cannot use `eval`"),
        ("env(\"AWS_SECRET_ACCESS_KEY\")", "not for scripts"),
        ("write_file(\"../x\", \"y\")", "outside"),
        ("write_file(\"/tmp/x\", \"y\")", "outside"),
        ("write_file(\"link/x\", \"y\")", "outside"),
        ("write_file(\"link/new/x\", \"y\")", "outside"),
        ("write_file(\".bashrc\", \"y\")", "is hidden"),
        ("write_file(\"a/.ssh/x\", \"y\")", "is hidden"),
        ("write_file(\"x.rhai\", \"y\")", "`x.rhai` exists"),
        ("delete_all()", "so it cannot be confirmed"),
        (
            "let x = ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))));",
            "error",
        ),
    ] {
        let started = Instant::now();
        let ran = demo.script(script);
        let is_mistake = script.starts_with("let x = (");
        assert_eq!(ran.code, Some(if is_mistake { 2 } else { 1 }), "{script}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{script}: {}", ran.stderr);
        assert!(started.elapsed() < Duration::from_mins(1), "{script}: {:?}", started.elapsed());
    }
}

#[test]
fn ctrl_c_ends_a_script_after_its_cleanup() {
    let demo = Demo::new();
    let file = demo.0.path().join("endless.rhai");
    for wait in ["loop { print(\"\"); }", "wait(\"1h\");", "for row in rows(\"vpc\") { wait(\"1h\"); }"] {
        let text = format!("at_end(|| log(\"cleaned up\"));\nlog(\"begun\");\n{wait}\n");
        fs::write(&file, text).unwrap();
        let mut child = demo
            .command(&["--local", &demo.dir(), "run", "endless.rhai"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut said, &mut line).unwrap();
        assert!(line.contains("begun"), "{line}");
        std::thread::sleep(Duration::from_millis(50));
        let started = Instant::now();
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        let code = child.wait().unwrap().code();
        // 200 ms are requested; a busy machine may take longer to wake a process.
        assert!(started.elapsed() < Duration::from_secs(2), "{wait}: {:?}", started.elapsed());
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut said, &mut rest).unwrap();
        assert_eq!((code, rest.as_str()), (Some(130), "note: cleaned up\ninterrupted\n"), "{wait}");
    }
}

#[test]
fn a_script_is_called_in_every_way() {
    let demo = Demo::new();
    let file = demo.0.path().join("hello.rhai");
    fs::write(&file, "#!/usr/bin/env flowlogs\nprint(`hello ${args()}`);\n").unwrap();
    assert_eq!(demo.run(&["run", "hello.rhai", "a", "--b"]).done(), "hello [\"a\", \"--b\"]\n");
    assert_eq!(demo.run(&["hello.rhai", "a"]).done(), "hello [\"a\"]\n");
    let behind_demo = demo.command(&["demo", "--dir", &demo.dir(), "hello.rhai", "x"]).output().unwrap();
    assert_eq!(String::from_utf8(behind_demo.stdout).unwrap(), "hello [\"x\"]\n");
    // As the system runs it, by its first line.
    let programs = Path::new(env!("CARGO_BIN_EXE_flowlogs")).parent().unwrap().display().to_string();
    let mut shebang = Command::new("sh");
    shebang.args(["-c", "chmod +x hello.rhai && AWS_REGION=eu-west-1 ./hello.rhai y"]);
    let output = shebang.current_dir(demo.0.path()).env("PATH", format!("{programs}:/usr/bin:/bin")).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "hello [\"y\"]\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    demo.run(&["hello.rhia"]).fails(2, "neither a command nor a script");
    demo.run(&["lsit"]).fails(2, "did you mean `list`?");
}

#[test]
fn rows_are_printed_in_the_order_of_their_query_or_as_they_are_named() {
    let demo = Demo::new();
    let out = demo
        .script(
            r#"
            let older = query("all last 5m | show src.port, dst.addr, bytes | limit 1");
            let newer = query("all last 5m | show bytes, action, dst.port | limit 1");
            let header = |rows| to_csv(rows).split("\n")[0];
            print(header.call(older));
            print(header.call(newer));
            // An added column comes last; columns that no query had are ordered by name.
            older[0].more = 1;
            older[0].extra = 2;
            print(header.call(older));
            print(header.call([#{ zebra: 1, ant: 2 }]));
            for row in rows("all last 5m | show proto, dir | limit 1") { print(header.call([row])); }
            print(to_csv([#{ bytes: 1, name: "b" }, #{ name: "a" }], ["name", "bytes", "none"]));
            print(to_csv([], ["name", "bytes"]));
            table([#{ bytes: 1000, name: "b" }], ["name", "bytes"]);
            chart([#{ dst_port: 22, n: 5 }, #{ dst_port: 80, n: 10 }], ["dst_port", "n"]);
            try { table([#{ a: 1 }], ["a", 7]); } catch (error) { print(error.kind); }
            "#,
        )
        .done();
    let expected = "src_port,dst_addr,bytes\nbytes,action,dst_port\nsrc_port,dst_addr,bytes,extra,more\nant,zebra\nproto,dir\n\
                    name,bytes,none\nb,1,\na,,\n\nname,bytes\n\nNAME  BYTES\nb      1000\n";
    assert!(out.starts_with(expected), "{out}");
    let drawn: Vec<&str> = out[expected.len()..].lines().collect();
    // A query of the script had the port, so it is known to be no measure.
    assert!(drawn[1].starts_with("22   5  █") && drawn[2].starts_with("80  10  █"), "{out}");
    assert_eq!(drawn[3], "type");
}

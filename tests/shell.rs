//! The shell, in a terminal and from a pipe.
#![cfg(all(unix, feature = "local"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod terminal;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use terminal::Terminal;

const TAB: &str = "\t";
const RETURN: &str = "\r";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_R: &str = "\x12";
const CTRL_U: &str = "\x15";

/// A demo account, and a home that keeps a history.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(TempDir::new().unwrap());
        let mut demo = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        let output = demo.args(["demo", "--dir", &home.dir()]).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success());
        home
    }

    fn dir(&self) -> String {
        self.0.path().join("demo").display().to_string()
    }

    fn path(&self) -> String {
        self.0.path().display().to_string()
    }

    fn shell(&self, columns: u16, environment: &[(&str, &str)]) -> Terminal {
        let home = self.path();
        let environment: Vec<(&str, &str)> =
            [("HOME", home.as_str()), ("PAGER", "cat")].into_iter().chain(environment.iter().copied()).collect();
        let terminal = Terminal::start(&["--local", &self.dir()], &environment, columns);
        terminal.wait_for("flowlogs demo>");
        terminal
    }
}

/// Asserts that two records are shown with one line per column.
#[track_caller]
fn assert_is_vertical(screen: &str) {
    let starting = |name: &str| screen.lines().filter(|line| line.starts_with(name)).count();
    for name in ["TIME          ", "DST PORT      ", "PKT SRC ADDR  ", "TCP FLAGS     "] {
        assert_eq!(starting(name), 2, "{name}: {screen}");
    }
    assert_eq!(starting("────────"), 1, "{screen}");
    assert!(!screen.contains("left out"), "{screen}");
}

/// Types a line, and waits for `part` and for the next prompt.
fn ask(terminal: &mut Terminal, line: &str, part: &str) -> String {
    let before = terminal.screen().matches("flowlogs demo>").count();
    terminal.keys(&format!("{line}{RETURN}"));
    terminal.wait(&format!("`{part}` and the prompt"), |screen| {
        screen.contains(part) && screen.matches("flowlogs demo>").count() > before
    })
}

#[test]
fn lines_are_sentences_commands_dot_commands_and_rhai() {
    let home = Home::new();
    let mut shell = home.shell(120, &[]);
    ask(&mut shell, "vpc prod where reject | top 2 dst.port", "DST PORT");
    // The largest share has the longest bar.
    shell.wait_for("████████████████████████");
    ask(&mut shell, "let x = 40;", "flowlogs demo>");
    ask(&mut shell, "x + 2", "42");
    ask(&mut shell, "ans.len()", "\n2");
    ask(&mut shell, "list vpc", "/fl-cli/vpc-");
    ask(&mut shell, ".mode csv", "flowlogs demo>");
    ask(&mut shell, "vpc prod | count()", "count\n");
    ask(&mut shell, ".last json", "{\"count\":");
    // Ctrl-L clears the screen, which is full.
    shell.keys("\x0c");
    shell.wait("a clear screen", |screen| screen.matches("flowlogs demo>").count() == 1);
    // A mistake changes nothing.
    ask(&mut shell, "vcp where reject", "did you mean `vpc`?");
    ask(&mut shell, "x + ", "error");
    ask(&mut shell, "x", "\n40");
    ask(&mut shell, ".mdoe csv", "did you mean `.mode`?");
    shell.keys(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
}

#[test]
fn tab_completes_by_the_grammar_with_names_of_the_account() {
    let home = Home::new();
    let mut shell = home.shell(120, &[]);
    for (typed, completed) in [
        ("vpc where rejec", "vpc where reject"),
        ("vpc where dst.po", "vpc where dst.port"),
        ("vpc where remote pub", "vpc where remote public"),
        ("vpc where reject | lim", "vpc where reject | limit"),
        (".hist", ".history"),
        ("create sg demo-en", "create sg demo-endpoints"),
        ("sg demo-wo", "sg demo-worker"),
        ("vpcs", "vpcs"),
    ] {
        // Names are loaded in the background.
        for _ in 0..50 {
            shell.keys(CTRL_U);
            shell.keys(typed);
            shell.keys(TAB);
            std::thread::sleep(std::time::Duration::from_millis(40));
            if shell.screen().contains(&format!("demo> {completed}")) {
                break;
            }
        }
        shell.wait_for(&format!("demo> {completed}"));
        shell.keys(CTRL_U);
    }
    // Several completions are listed.
    shell.keys(&format!("vpc where dst.p{TAB}{TAB}"));
    shell.wait_for("dst.port");
}

#[test]
fn what_is_open_goes_on_in_the_next_line_and_history_keeps_it_whole() {
    let home = Home::new();
    let mut shell = home.shell(100, &[]);
    shell.keys(&format!("vpc prod where reject and{RETURN}"));
    shell.keys(&format!("dst.port in (22,{RETURN}3389) | count(){RETURN}"));
    shell.wait("the answer and a prompt", |screen| screen.contains("COUNT") && screen.trim_end().ends_with("demo>"));
    shell.keys(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
    let history = home.0.path().join(".local/state/flowlogs/history");
    assert_eq!(fs::metadata(&history).unwrap().permissions().mode() & 0o077, 0, "others cannot read it");

    let mut again = home.shell(100, &[]);
    again.keys(&format!("{CTRL_R}3389"));
    again.wait_for("vpc prod where reject and");
    again.keys(RETURN);
    again.wait_for("COUNT");
    // A rejected line is kept, too; a repeated one is kept once.
    ask(&mut again, ".history", "3389");
}

#[test]
fn ctrl_c_clears_the_line_and_ends_a_script_or_a_watch() {
    let home = Home::new();
    let mut shell = home.shell(100, &[]);
    shell.keys("vpc where nonsense");
    shell.wait_for("nonsense");
    shell.keys(CTRL_C);
    // Keys that are typed before the prompt is back go into the next line.
    shell.wait("an empty line", |screen| screen.trim_end().ends_with("flowlogs demo>"));
    ask(&mut shell, "1 + 1", "\n2");
    shell.keys(&format!("print(\"be\" + \"gun\"); wait(\"1h\"){RETURN}"));
    shell.wait_for("begun");
    shell.keys(CTRL_C);
    shell.wait_for("interrupted");
    shell.keys(&format!(".watch 1s vpc prod | count(){RETURN}"));
    shell.wait("two answers", |screen| screen.matches("COUNT").count() >= 2);
    shell.keys(CTRL_C);
    ask(&mut shell, "3 + 4", "\n7");
}

#[test]
fn a_watch_shows_what_has_come_since() {
    const RECORD: &str = "2 123456789010 eni-1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 REJECT OK\n";
    let home = TempDir::new().unwrap();
    let log = home.path().join("flow.log");
    fs::write(&log, RECORD).unwrap();
    let path = log.display().to_string();
    let mut shell = Terminal::start(&["--local", &path], &[("HOME", &home.path().display().to_string())], 100);
    shell.wait("a prompt", |screen| screen.trim_end().ends_with('>'));
    shell.keys(&format!(".watch 1s where reject | count(){RETURN}"));
    let is_counted = |count: &'static str| move |screen: &str| screen.lines().any(|line| line.trim() == count);
    shell.wait("one record", is_counted("1"));
    OpenOptions::new().append(true).open(&log).unwrap().write_all(RECORD.repeat(2).as_bytes()).unwrap();
    shell.wait("three records", is_counted("3"));
    shell.keys(CTRL_C);
    shell.wait("a prompt", |screen| screen.trim_end().ends_with('>'));
    shell.keys(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
}

#[test]
fn a_shell_that_waits_ends_on_sigterm() {
    let home = Home::new();
    let mut shell = home.shell(100, &[]);
    shell.signal("TERM");
    assert_eq!(shell.exit_code(), 143);
    let mut shell = home.shell(100, &[]);
    shell.keys(&format!("at_end(|| print(\"put\" + \" back\")); print(\"be\" + \"gun\"); wait(\"1h\"){RETURN}"));
    shell.wait_for("begun");
    shell.signal("TERM");
    assert_eq!(shell.exit_code(), 143);
    shell.wait("what was put back", |screen| screen.contains("put back") && screen.contains("terminated"));
}

#[test]
fn answers_that_follow_are_shown_as_they_come() {
    let home = Home::new();
    let mut shell = home.shell(100, &[]);
    shell.keys(&format!("all last 5m | show time | limit 1 | follow{RETURN}"));
    // The network of the demo account goes on.
    shell.wait("records that came later", |screen| screen.lines().filter(|line| line.starts_with("20")).count() > 3);
    shell.keys(CTRL_C);
    shell.wait_for("interrupted");
    ask(&mut shell, "3 + 4", "\n7");
}

#[test]
fn what_does_not_fit_is_paged_or_has_a_line_a_column() {
    let home = Home::new();
    // This pager leaves a mark when it is called.
    let mut shell =
        home.shell(80, &[("NO_COLOR", "1"), ("PAGER", "sed -e 's/^TIME/PAGED TIME/' | cut -c1-70 | head -3")]);
    ask(&mut shell, "vpc prod where reject", "PAGED TIME");
    ask(&mut shell, ".pager off", "flowlogs demo>");
    assert_is_vertical(&ask(&mut shell, "vpc prod where reject | limit 2", "2 rows"));
    // An answer that fits is shown as a table.
    let screen = ask(&mut shell, "vpc prod | count() by action | limit 1", "1 row ");
    assert!(screen.contains("ACTION  COUNT"), "{screen}");
    let mut lost = home.shell(80, &[("PAGER", "no-such-pager -x")]);
    assert_is_vertical(&ask(&mut lost, "vpc prod where reject | limit 2", "2 rows"));
    // Outside of the shell, columns are left out.
    let dir = home.dir();
    let once = Terminal::start(&["--local", &dir, "-e", "vpc prod where reject | limit 2"], &[], 80);
    let screen = once.wait_for("left out to fit 80 columns");
    assert!(
        screen.contains("DST PORT")
            && screen.lines().filter(|line| line.contains("REJECT ")).all(|line| line.chars().count() <= 80),
        "{screen}"
    );
    let mut wide = home.shell(200, &[]);
    let screen = ask(&mut wide, "vpc prod where reject | limit 2", "2 rows");
    assert!(screen.contains("PKT SRC ADDR") && screen.contains("TCP FLAGS"), "{screen}");
}

/// Asserts that these parts are on the screen in this order.
#[track_caller]
fn assert_in_order(screen: &str, parts: &[&str]) {
    let places: Vec<Option<usize>> = parts.iter().map(|part| screen.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{parts:?} {places:?}: {screen}");
}

#[test]
fn the_window_stands_above_the_rows_and_the_closing_line_below_paged_or_not() {
    let home = Home::new();
    for pager in ["cat", "sed -e 's/^DST PORT/PAGED PORT/'"] {
        let mut shell = home.shell(100, &[("NO_COLOR", "1"), ("PAGER", pager)]);
        let heading = if pager == "cat" { "DST PORT" } else { "PAGED PORT" };
        ask(&mut shell, ".pager on", "flowlogs demo>");
        // A note on the sentence comes with the window, one on the answer with the closing line.
        let screen = ask(&mut shell, "vpc prod | count(), distinct(src.addr) by dst.port | limit 2", "2 rows");
        assert_in_order(&screen, &["window: ", "note: `distinct` is exact", heading, "2 rows · "]);
    }
    let mut shell = home.shell(100, &[("NO_COLOR", "1"), ("PAGER", "head -3")]);
    let screen = ask(&mut shell, "vpc prod | show time", "100 rows");
    assert_in_order(&screen, &["note: the answer is cut at 100 rows", "100 rows · "]);
}

#[test]
fn human_scales_bytes_and_counts_in_tables_alone() {
    let home = Home::new();
    let mut shell = home.shell(100, &[("NO_COLOR", "1")]);
    ask(&mut shell, ".set human on", "flowlogs demo>");
    let sentence = "vpc prod last 12h | sum(bytes) as all_bytes";
    ask(&mut shell, sentence, " GB\n");
    ask(&mut shell, &format!("table(query(\"{sentence}\"))"), " GB\n");
    ask(&mut shell, ".set human off", "flowlogs demo>");
    let screen = ask(&mut shell, sentence, "1 row");
    let bytes =
        screen.lines().rev().map(str::trim).find(|line| line.bytes().all(|b| b.is_ascii_digit()) && !line.is_empty());
    assert!(bytes.is_some_and(|bytes| bytes.len() >= 7), "{screen}");
    ask(&mut shell, ".set humam on", "`.set human on`");
}

#[test]
fn colours_show_what_the_words_are_unless_they_are_unwanted() {
    let home = Home::new();
    let mut shell = home.shell(100, &[]);
    shell.keys("vpc where bites > 5");
    shell.wait_for("vpc where bites > 5");
    let (keyword, wrong) = (shell.colour_of("where"), shell.colour_of("bites"));
    assert_ne!(keyword, shell.colour_of("> 5"));
    assert_ne!(keyword, wrong);
    assert!(shell.is_underlined("bites") && !shell.is_underlined("where"));
    let mut plain = home.shell(100, &[("NO_COLOR", "1")]);
    plain.keys("vpc where bites > 5");
    plain.wait_for("vpc where bites > 5");
    assert_eq!(plain.colour_of("where"), plain.colour_of("bites"));
}

#[test]
fn filters_are_saved_and_lines_of_an_rc_file_run_first() {
    let home = Home::new();
    fs::create_dir_all(home.0.path().join(".config/flowlogs")).unwrap();
    fs::write(home.0.path().join(".config/flowlogs/rc"), "# mine\n.mode csv\n.set window 2h\n").unwrap();
    let mut shell = home.shell(100, &[]);
    ask(&mut shell, "vpc prod where reject and dst.port = 22 | count()", "count\n");
    ask(&mut shell, ".save ssh", "flowlogs demo>");
    let saved = fs::read_to_string(home.0.path().join(".config/flowlogs/config.toml")).unwrap();
    assert_eq!(saved, "[filters]\nssh = \"action = REJECT and dst.port = 22\"\n");
    ask(&mut shell, ".saved", "filter,@ssh,action = REJECT");
    ask(&mut shell, "vpc prod where @ssh | sum(bytes)", "sum_bytes\n");
    // In its own folder: the shell asks before it overwrites a file.
    let out = home.0.path().join("out.csv");
    ask(&mut shell, &format!(".output {}", out.display()), "flowlogs demo>");
    ask(&mut shell, ".help window", "flowlogs demo>");
    ask(&mut shell, ".targets", "flowlogs demo>");
}

#[test]
fn settings_are_for_all_sentences_that_follow() {
    let lines = [
        ".set limit 2",
        "vpc prod | show dst.port as a",
        "vpc prod | show dst.port as b | limit 3",
        ".set limit default",
        ".set zone Asia/Tokyo",
        ".set columns time,dst.port",
        "vpc prod | limit 1",
        ".set columns interface",
        "vpc prod | limit 1",
        ".schema",
    ];
    let (out, err, code) = piped(&format!("{}\n.set colums seed\n", lines.join("\n")));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("for example `.set columns seed`"), "{err}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((lines[0], lines[3], lines[7]), ("a", "b", "time,dst_port"), "{out}");
    assert_eq!(
        lines[9],
        "time,eni,local_addr,local_port,dir,remote_addr,remote_port,action,packets,bytes,proto,flags,path"
    );
    assert!(out.contains("files, such as `") && out.contains(" src.addr dst.addr "), "{out}");
    let (_, err, code) = piped(".set zone Nowhere/City\n");
    assert!(code == Some(2) && err.contains("Nowhere/City"), "{err}");
}

#[test]
fn an_answer_is_written_over_a_file_only_where_that_is_said() {
    let home = Home::new();
    let run = |lines: &str, args: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_flowlogs"))
            .args(["--local", &home.dir(), "--quiet", "-o", "csv"])
            .args(args)
            .current_dir(home.0.path())
            .env("HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (String::from_utf8(output.stderr).unwrap(), output.status.code())
    };
    let file = home.0.path().join("kept.csv");
    let kept = || fs::read_to_string(&file).unwrap();
    let ask = |output: &str| format!("{output}\nvpc prod where dst.port = 1 | count()\n");
    assert_eq!(run(&ask(".output kept.csv"), &[]).1, Some(0));
    assert_eq!(kept(), "count\n0\n");
    let (err, code) = run(&ask(".output kept.csv"), &[]);
    assert!(code == Some(2) && err.contains("would overwrite kept.csv"), "{err}");
    assert_eq!(kept(), "count\n0\n");
    assert_eq!(run(&ask(".output >>kept.csv"), &[]).1, Some(0));
    assert_eq!(kept(), "count\n0\ncount\n0\n");
    assert_eq!(run(&ask(".output kept.csv"), &["--yes"]).1, Some(0));
    assert_eq!(kept(), "count\n0\n");
    // On a terminal, the shell asks.
    let mut shell = home.shell(100, &[("NO_COLOR", "1")]);
    shell.keys(&format!(".output {}{RETURN}", file.display()));
    shell.wait_for("overwrite this one?");
    shell.keys(&format!("n{RETURN}"));
    shell.wait_for("nothing was changed");
    assert_eq!(kept(), "count\n0\n");
}

#[test]
fn what_a_value_means_is_shown_behind_it_and_not_taken_into_the_line() {
    let home = Home::new();
    let mut shell = home.shell(100, &[("NO_COLOR", "1")]);
    shell.keys("vpc prod where dst.port = 5432");
    shell.wait_for("dst.port = 5432  postgresql");
    shell.keys("\x1b[C | count()");
    shell.wait_for("dst.port = 5432 | count()");
}

/// Runs lines from a pipe.
fn piped(lines: &str) -> (String, String, Option<i32>) {
    let home = Home::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_flowlogs"))
        .args(["--local", &home.dir(), "--quiet", "-o", "csv"])
        .current_dir(home.0.path())
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn a_pipe_is_read_as_lines_up_to_the_first_error() {
    let (out, _, code) = piped("# lines\nvpc nope-* | count()\nprint(1)\n");
    assert_eq!((out.as_str(), code), ("", Some(1)));
    let (out, err, code) =
        piped("let n = 2;\nfn twice(x) {\n  x * 2\n}\ntwice(n)\nprint(\"last\");\n.quit\nprint(\"never\")\n");
    assert_eq!((out.as_str(), err.as_str(), code), ("4\nlast\n", "", Some(0)));
    let (out, err, code) = piped("print(1)\nvpc wher reject\nprint(2)\n");
    assert_eq!((out.as_str(), code), ("1\n", Some(2)));
    assert!(err.contains("did you mean `where`"), "{err}");
    let (out, _, code) = piped("exit(5)\nprint(2)\n");
    assert_eq!((out.as_str(), code), ("", Some(5)));
    let (out, _, code) = piped(".output kept.csv\nvpc prod | count()\n.output\n.read lines.txt\n");
    assert_eq!((out.as_str(), code), ("", Some(1)));
}

#[test]
#[cfg(feature = "aws")]
fn the_prompt_says_where_one_is() {
    let home = Home::new();
    let mut shell = home.shell(100, &[]);
    shell.keys(&format!(".region eu-west-1{RETURN}"));
    shell.wait_for("flowlogs eu-west-1>");
    shell.keys(&format!(".profile prod{RETURN}"));
    shell.wait_for("flowlogs prod eu-west-1>");
    shell.keys(&format!(".open {}{RETURN}", home.dir()));
    shell.wait("the prompt", |screen| screen.trim_end().ends_with("flowlogs demo>"));
    shell.keys(&format!(".open nowhere{RETURN}"));
    shell.wait("the prompt again", |screen| screen.contains("error") && screen.trim_end().ends_with("flowlogs demo>"));
}

#[test]
fn what_cannot_be_read_or_written_is_an_error() {
    let home = Home::new();
    let run = |line: &str, out: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        command.args(["--local", &home.dir(), "-e", line]).env("HOME", home.path()).stdin(Stdio::null()).stdout(out);
        command.output().unwrap()
    };
    let full = || Stdio::from(fs::File::create("/dev/full").unwrap());
    for line in ["print(1)", "table([#{ a: 1 }])", "1 + 1", "list", "vpc prod | count()"] {
        let output = run(line, full());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}: {said}");
        assert!(said.contains("cannot write: No space left"), "{line}: {said}");
    }
    // A closed pipe is not an error, and ends output that would never end.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = run("loop { print(true) }", Stdio::from(writer));
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    let rubbish = home.0.path().join("rubbish");
    fs::write(&rubbish, b"print(1)\n\xff\xfe\n").unwrap();
    let (_, err, code) = piped(&format!(".read {}\n", rubbish.display()));
    assert!(code == Some(1) && err.contains("cannot read the lines"), "{err}");
}

#[test]
fn help_says_what_there_is() {
    let (out, _, code) = piped(".help\n.help scripts\n.help dst.port\n.help p95\n.help query\n.help .watch\n");
    assert_eq!(code, Some(0));
    for part in [".watch 30s SENTENCE", "html_report(title", "The destination port", "percentile", "query(sentence"] {
        assert!(out.contains(part), "`{part}` is not in: {out}");
    }
    let (out, err, code) = piped("list --help\n");
    assert!(out.contains("Usage: list") && err.is_empty() && code == Some(0), "{err}");
    let (_, err, code) = piped(".help windo\n");
    assert!(code == Some(2) && err.contains("did you mean `window`?"), "{err}");
}

/// The history file in this home.
fn history_of(home: &Home) -> std::path::PathBuf {
    home.0.path().join(".local/state/flowlogs/history")
}

#[test]
fn a_damaged_history_stops_no_shell_and_stays() {
    let home = Home::new();
    let file = history_of(&home);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    for bytes in [
        &b""[..],
        b"list\nfields bytes\n",
        b"#V2\r\nlist\r\n",
        b"#V2\nlist\nlist\nvpc prod\\n| count()\nlist\nvpc prod whe",
        b"#V2\nlist\0\0\nvpc \xe9\x80\n\x1b]0;owned\x07\n",
    ] {
        fs::write(&file, bytes).unwrap();
        let mut shell = home.shell(100, &[]);
        // The entries of the damaged file are shown, escaped if necessary.
        ask(&mut shell, ".history", "flowlogs demo>");
        ask(&mut shell, "40 + 2", "42");
        assert!(!shell.sent().contains("\u{1b}]0;"));
        shell.keys(CTRL_D);
        assert_eq!(shell.exit_code(), 0);
        let after = fs::read(&file).unwrap();
        assert!(after.starts_with(bytes), "{:?}", String::from_utf8_lossy(&after));
        assert!(after.ends_with(b"\n.history\n40 + 2\n"), "{:?}", String::from_utf8_lossy(&after));
    }
}

#[test]
fn where_no_history_can_be_kept_a_note_says_so_once() {
    let home = Home::new();
    fs::create_dir_all(history_of(&home)).unwrap();
    let mut shell = home.shell(160, &[]);
    shell.wait_for("are not kept in the history");
    ask(&mut shell, "40 + 2", "42");
    let screen = ask(&mut shell, "40 + 3", "43");
    assert_eq!(screen.matches("are not kept").count(), 1, "{screen}");
    shell.keys(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
}

#[test]
fn two_shells_at_once_keep_every_line_whole() {
    const LINES: usize = 20;
    let home = Home::new();
    std::thread::scope(|scope| {
        for name in ["one", "two"] {
            let mut shell = home.shell(100, &[]);
            scope.spawn(move || {
                for number in 0..LINES {
                    ask(&mut shell, &format!("# {name} {number}"), &format!("# {name} {number}"));
                }
                shell.keys(CTRL_D);
                assert_eq!(shell.exit_code(), 0);
            });
        }
    });
    let text = fs::read_to_string(history_of(&home)).unwrap();
    for name in ["one", "two"] {
        let own: Vec<&str> = text.lines().filter(|line| line.contains(name)).collect();
        let expected: Vec<String> = (0..LINES).map(|number| format!("# {name} {number}")).collect();
        assert_eq!(own, expected, "{text}");
    }
    assert!(text.lines().all(|line| line.starts_with("# ") || line == "#V2"), "{text}");
}

#[test]
fn only_what_is_typed_without_a_blank_in_front_is_kept() {
    let home = Home::new();
    fs::create_dir_all(home.0.path().join(".config/flowlogs")).unwrap();
    fs::write(home.0.path().join(".config/flowlogs/rc"), "print(\"of the rc\")\n").unwrap();
    let script = home.0.path().join("x.rhai");
    fs::write(&script, "print(1)").unwrap();
    for (args, input) in [(vec!["-e", "1 + 1"], ""), (vec![], "2 + 2\n"), (vec!["run", script.to_str().unwrap()], "")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        let mut child = (command.args(["--local", &home.dir()]).args(args).env("HOME", home.path()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
    assert!(!history_of(&home).exists());
    let mut shell = home.shell(100, &[]);
    shell.wait_for("of the rc");
    ask(&mut shell, " 20 + 3", "23");
    ask(&mut shell, "20 + 4", "24");
    shell.keys(CTRL_D);
    assert_eq!(shell.exit_code(), 0);
    assert_eq!(fs::read_to_string(history_of(&home)).unwrap(), "#V2\n20 + 4\n");
}

#[test]
fn colours_follow_the_environment_and_the_stream() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("flow.log");
    fs::write(&log, "srcaddr action start\n10.0.0.1 REJECT 1795434000\n").unwrap();
    let log = log.display().to_string();
    let red = "\u{1b}[31m";
    let has_colour = |args: &[&str], environment: &[(&str, &str)]| {
        let mut terminal = Terminal::start(&[&["--local", &log, "-e", "where reject"], args].concat(), environment, 80);
        assert_eq!(terminal.exit_code(), 0);
        let sent = terminal.sent();
        assert_eq!(sent.contains(red), sent.contains("\u{1b}[2m"), "data and asides alike: {sent:?}");
        sent.contains(red)
    };
    assert!(has_colour(&[], &[]));
    assert!(has_colour(&[], &[("NO_COLOR", "")]));
    assert!(!has_colour(&[], &[("NO_COLOR", "1")]));
    assert!(!has_colour(&[], &[("NO_COLOR", "0")]));
    assert!(!has_colour(&[], &[("TERM", "dumb")]));
    assert!(!has_colour(&["--color", "never"], &[]));
    assert!(has_colour(&["--color", "always"], &[("NO_COLOR", "1"), ("TERM", "dumb")]));

    // Standard output goes to a file, standard error to the terminal: each is treated on its own.
    let mut terminal = Terminal::start_shell(
        &format!("'{}' --local '{log}' -e 'where reject' > '{log}.out'", env!("CARGO_BIN_EXE_flowlogs")),
        &[("COLUMNS", "20")],
        20,
    );
    assert_eq!(terminal.exit_code(), 0);
    assert!(terminal.sent().contains("\u{1b}[2mwindow"), "{:?}", terminal.sent());
    let written = fs::read_to_string(format!("{log}.out")).unwrap();
    assert!(!written.contains('\u{1b}') && written.contains("10.0.0.1"), "{written:?}");
    // Mistakes are coloured on a terminal, too.
    let mut terminal = Terminal::start(&["--local", &log, "-e", "where bites"], &[], 80);
    assert_eq!(terminal.exit_code(), 2);
    assert!(terminal.sent().contains("\u{1b}["));
    let mut terminal = Terminal::start(&["--nonsense"], &[("NO_COLOR", "1")], 80);
    assert_eq!(terminal.exit_code(), 2);
    assert!(!terminal.sent().contains("\u{1b}["), "{:?}", terminal.sent());
}

#[test]
fn a_terminal_of_any_width_cuts_no_value_and_stops_nothing() {
    const ADDRESS: &str = "2001:db8:1111:2222:3333:4444:5555:6666";
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("flow.log");
    fs::write(&log, format!("srcaddr dstaddr start bytes\n{ADDRESS} {ADDRESS} 1795434000 7\n")).unwrap();
    let log = log.display().to_string();
    for columns in [0, 1, 20, 80, 400] {
        for environment in ["0", "1", "20", "100000", "x", ""] {
            for tail in ["", " | chart", " | count() by src.addr"] {
                let sentence = format!("show src.addr, dst.addr, bytes{tail}");
                let sentence = if tail.contains("count") { tail.trim_start_matches(" | ") } else { &sentence };
                let args = ["--local", &log, "--quiet", "-e", sentence];
                let mut terminal = Terminal::start(&args, &[("COLUMNS", environment)], columns);
                assert_eq!(terminal.exit_code(), 0);
                let sent = terminal.sent();
                assert!(sent.contains(ADDRESS), "{columns} {environment}: {sent:?}");
            }
        }
    }
    let mut help = Terminal::start(&["--help"], &[("COLUMNS", "0")], 0);
    assert_eq!(help.exit_code(), 0);
}

#[test]
fn prose_is_wrapped_at_words_to_the_width_of_the_terminal() {
    let terminal = Terminal::start(&["help", "post"], &[], 60);
    terminal.wait_for(
        "  Sends a map, an array or a JSON text to a host that\n      --allow-net names; gives the text of its answer, after\n      a --dry-run \"\".",
    );
}

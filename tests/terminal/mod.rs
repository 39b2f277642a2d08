//! The program in a terminal: a test types keys and reads the screen.

#![allow(dead_code, reason = "each test uses a part")]

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, NativePtySystem, PtySize, PtySystem};

/// The longest time that something may take to appear on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    /// Every byte that the program sent to the terminal.
    sent: Arc<Mutex<Vec<u8>>>,
    _master: Box<dyn MasterPty + Send>,
}

fn non_zero(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("a terminal has lines and columns")
}

impl Terminal {
    /// Starts the program with these arguments and environment, in a terminal of this many columns.
    pub(crate) fn start(args: &[&str], environment: &[(&str, &str)], columns: u16) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_flowlogs"));
        command.args(args);
        Self::of(command, environment, columns)
    }

    /// Starts a command line of the system's shell.
    pub(crate) fn start_shell(line: &str, environment: &[(&str, &str)], columns: u16) -> Self {
        let mut command = CommandBuilder::new("/bin/sh");
        command.args(["-c", line]);
        Self::of(command, environment, columns)
    }

    fn of(mut command: CommandBuilder, environment: &[(&str, &str)], columns: u16) -> Self {
        const LINES: u16 = 50;
        let size = PtySize { rows: LINES, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = NativePtySystem::default().openpty(size).unwrap();
        command.cwd(env!("CARGO_TARGET_TMPDIR"));
        command.env_clear();
        for (name, value) in
            [("TERM", "xterm-256color"), ("TZ", "UTC"), ("HOME", "/nonexistent")].iter().chain(environment)
        {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut output = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(non_zero(LINES), non_zero(columns.max(1)), 1000)));
        let sent = Arc::new(Mutex::new(Vec::new()));
        let (drawn, all) = (Arc::clone(&screen), Arc::clone(&sent));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                all.lock().unwrap().extend_from_slice(&bytes[..count]);
                drawn.lock().unwrap().process(&bytes[..count]);
            }
        });
        Self { child, keys, screen, sent, _master: pair.master }
    }

    /// Types keys.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Every byte that the program sent, sequences included, once nothing has come for a while.
    pub(crate) fn sent(&self) -> String {
        let mut length = usize::MAX;
        loop {
            let sent = self.sent.lock().unwrap().clone();
            if sent.len() == length {
                return String::from_utf8(sent).unwrap();
            }
            length = sent.len();
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The text on the screen.
    pub(crate) fn screen(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// The colour of the last occurrence of a text.
    #[track_caller]
    pub(crate) fn colour_of(&self, text: &str) -> vt100::Color {
        self.cell(text).fgcolor()
    }

    #[track_caller]
    pub(crate) fn is_underlined(&self, text: &str) -> bool {
        self.cell(text).underline()
    }

    #[track_caller]
    fn cell(&self, text: &str) -> vt100::Cell {
        let parser = self.screen.lock().unwrap();
        let (_, columns) = parser.screen().size();
        let rows: Vec<String> = parser.screen().rows(0, columns.get()).collect();
        let row = rows.iter().rposition(|row| row.contains(text)).expect("it stands on the screen");
        let column = rows[row].find(text).map(|at| rows[row][..at].chars().count()).unwrap();
        let place = |number: usize| u16::try_from(number).unwrap();
        parser.screen().cell(place(row), place(column)).unwrap().clone()
    }

    /// Waits until `is_so` holds for the screen.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            assert!(Instant::now() < deadline, "waiting for {what}, the screen is:\n{screen}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait(&format!("`{text}`"), |screen| screen.contains(text))
    }

    /// Waits until the program ends; returns its exit code.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < deadline, "it does not end; the screen is:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! The interactive shell.

use std::sync::Arc;
use std::time::Duration;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, EditMode, Editor};

use tokio::time::timeout;

use super::folder::{config_folder, history_file};
use super::helper::ShellHelper;
use super::history::{History, MOST_ENTRIES};
use super::lines::Shell;
use crate::command::{Error, Exit, console};
use crate::escape;

type Lines = Editor<ShellHelper, FileHistory>;

impl Shell {
    /// Reads lines until `.quit` or Ctrl-D. A line that fails prints its error, and the shell goes on.
    pub(crate) fn run_terminal(&mut self) -> Result<Exit, Error> {
        self.is_typed = true;
        self.known.load(&self.runtime, Arc::clone(&self.desk.session));
        self.known.set_named(&self.desk.context.named);
        self.run_rc();
        let mut lines = self.editor()?;
        let mut history = self.load_history(&mut lines);
        console::say("`.help` shows help, Tab completes, Ctrl-D leaves");
        let mut exit = Exit::Done;
        while !self.is_over {
            let text = match self.read_line(&mut lines) {
                Ok(text) => text,
                Err(ReadlineError::Interrupted) => continue,
                Err(ReadlineError::Eof) => break,
                Err(error) => return Err(Error::Failed { message: error.to_string(), help: None }),
            };
            if !text.trim().is_empty() {
                self.remember(&mut lines, &text, &mut history);
            }
            exit = match self.run_line(&text) {
                Ok(exit) => exit,
                Err(error) if self.desk.interrupt.is_terminated() => return Err(error),
                Err(error) => {
                    error.report(&self.desk.terminal);
                    Exit::Done
                }
            };
            self.refresh(&mut lines);
        }
        // The user saw each failure when it happened, so only `exit(code)` sets the exit code.
        Ok(match exit {
            Exit::Code(_) if self.is_over => exit,
            _ => Exit::Code(0),
        })
    }

    /// Loads the history into the editor; returns the history, if it can be kept.
    fn load_history(&self, lines: &mut Lines) -> Option<History> {
        let mut history = History::new(history_file()?);
        match history.read() {
            Ok(entries) => {
                for entry in entries {
                    let _ = lines.add_history_entry(entry);
                }
                Some(history)
            }
            Err(error) => {
                self.warn_of_history(&history, &error);
                None
            }
        }
    }

    /// Saves a whole statement to the history at once: another shell may be open. Stops after the first failure.
    fn remember(&self, lines: &mut Lines, text: &str, history: &mut Option<History>) {
        let Ok(true) = lines.add_history_entry(text) else { return };
        if let Some(kept) = history
            && let Err(error) = kept.append(text)
        {
            self.warn_of_history(kept, &error);
            *history = None;
        }
    }

    fn warn_of_history(&self, history: &History, error: &std::io::Error) {
        let file = history.path().display();
        self.desk.terminal.note(&format!("lines are not kept in the history `{file}`: {error}"));
    }

    /// Reads a line. Earlier interrupts are forgotten: while typing, Ctrl-C is a key.
    fn read_line(&self, lines: &mut Lines) -> rustyline::Result<String> {
        self.desk.interrupt.clear();
        let interrupt = Arc::clone(&self.desk.interrupt);
        // While it reads, the editor does not notice signals.
        let end = self.runtime.spawn(async move {
            interrupt.terminated().await;
            // The editor cannot restore the terminal any more; a Windows console needs no restoring.
            #[cfg(unix)]
            let _ = std::process::Command::new("stty").arg("sane").status();
            std::process::exit(Error::Terminated.code().into());
        });
        let line = lines.readline(&self.prompt());
        end.abort();
        line
    }

    fn editor(&self) -> Result<Lines, Error> {
        let colour = self.desk.terminal.colour_out();
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .color_mode(if colour { ColorMode::Enabled } else { ColorMode::Disabled })
            .edit_mode(if self.settings.vi { EditMode::Vi } else { EditMode::Emacs })
            .history_ignore_space(true)
            .max_history_size(MOST_ENTRIES)
            .and_then(|config| config.history_ignore_dups(true))
            .map(|config| config.auto_add_history(false).build());
        let failed = |error: ReadlineError| Error::Failed { message: error.to_string(), help: None };
        let mut lines = Lines::with_config(config.map_err(failed)?).map_err(failed)?;
        let is_production = self.place.is_production();
        let helper = ShellHelper::new(Arc::clone(&self.known), self.desk.context.clone(), colour, is_production);
        lines.set_helper(Some(helper));
        Ok(lines)
    }

    /// Tells the editor about changes by the last line.
    fn refresh(&self, lines: &mut Lines) {
        use rustyline::config::Configurer;
        lines.set_edit_mode(if self.settings.vi { EditMode::Vi } else { EditMode::Emacs });
        if let Some(helper) = lines.helper_mut() {
            helper.context.clone_from(&self.desk.context);
            helper.is_production = self.place.is_production();
        }
    }

    fn prompt(&self) -> String {
        // The Region comes from a file, except on a machine where only its metadata service knows it.
        const MOST: Duration = Duration::from_millis(300);
        let region = self.runtime.block_on(async { timeout(MOST, self.desk.session.region()).await.ok().flatten() });
        format!("flowlogs {}> ", escape::text(&self.place.name(region)))
    }

    /// Runs the lines of the file `rc` in the user's config folder; prints the error of a line that fails.
    fn run_rc(&mut self) {
        let Some(file) = config_folder().map(|folder| folder.join("rc")).filter(|file| file.is_file()) else { return };
        let outcome = std::fs::File::open(&file)
            .map_err(Error::from)
            .and_then(|file| self.run_text(std::io::BufReader::new(file)));
        if let Err(error) = outcome {
            self.desk.terminal.note(&format!("in `{}`:", file.display()));
            error.report(&self.desk.terminal);
        }
    }
}

//! The state of a shell, and the statements that it runs.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Parser;
use tokio::runtime::Handle;

use super::known::Known;
use super::line::{self, Line};
use super::page;
use crate::command::answer::print;
use crate::command::{Asking, Command, Desk, Error, Exit, Out, OutputFormat, Place, Terminal, compile};
use crate::query::clock::Clock;
use crate::query::plan::{Limit, Plan};
use crate::query::window::Window;
use crate::script::{self, Ended, Rules, Scripts};
use crate::value::Rows;

/// The settings that dot-commands change.
pub(super) struct Settings {
    pub(super) chart: bool,
    pub(super) timer: bool,
    pub(super) explain: bool,
    pub(super) pager: page::Pager,
    pub(super) window: Option<Window>,
    pub(super) limit: Limit,
    pub(super) vi: bool,
}

/// An open shell.
pub(crate) struct Shell {
    pub(super) desk: Desk,
    pub(super) place: Place,
    pub(super) runtime: Handle,
    pub(super) rules: Rules,
    /// The named config file, where filters are saved.
    pub(super) config: Option<PathBuf>,
    pub(super) scripts: Option<Scripts>,
    pub(super) settings: Settings,
    pub(super) known: Arc<Known>,
    /// The last sentence with an answer, and its rows.
    pub(super) last: Option<(Plan, Rc<Rows>)>,
    /// Whether `.quit` was entered.
    pub(super) is_over: bool,
    /// Whether a user types, rather than a file is read.
    pub(super) is_typed: bool,
    /// Whether the running line is the last one.
    pub(super) is_last: bool,
    /// Runs a dot-command.
    pub(super) dot: fn(&mut Self, &str) -> Result<Exit, Error>,
}

/// A line that is a command: the arguments of `flowlogs` on a command line.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, name = "")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    asking: Asking,

    /// The format of rows
    #[arg(short, long, value_enum, global = true)]
    output: Option<OutputFormat>,

    /// Scale bytes and counts in tables
    #[arg(long, global = true)]
    human: bool,
}

impl Shell {
    pub(super) fn new(
        desk: Desk,
        place: Place,
        runtime: Handle,
        rules: Rules,
        config: Option<PathBuf>,
        dot: fn(&mut Self, &str) -> Result<Exit, Error>,
    ) -> Self {
        let settings = Settings {
            chart: false,
            timer: true,
            explain: false,
            pager: page::Pager::Auto,
            window: None,
            limit: Limit::Default,
            vi: false,
        };
        let known = Arc::new(Known::default());
        Self {
            desk,
            place,
            runtime,
            rules,
            config,
            scripts: None,
            settings,
            known,
            last: None,
            is_over: false,
            is_typed: false,
            is_last: false,
            dot,
        }
    }

    /// Runs lines in order, up to the first that fails. All sentences are compiled before the first line runs.
    pub(crate) fn run_lines(&mut self, lines: &[String]) -> Result<Exit, Error> {
        for text in lines {
            if let Line::Sentence = line::classify(text) {
                compile(text, &self.desk.context, &self.desk.terminal)?;
            }
        }
        let mut exit = Exit::Done;
        for (place, text) in lines.iter().enumerate() {
            self.is_last = place + 1 == lines.len();
            exit = exit.max(self.run_line(text)?);
            if self.is_over {
                break;
            }
        }
        Ok(exit)
    }

    /// Runs statements from a reader, up to the first that fails.
    pub(crate) fn run_text(&mut self, reader: impl BufRead) -> Result<Exit, Error> {
        let mut exit = Exit::Done;
        let mut statement = String::new();
        let mut lines = reader.lines();
        while let Some(line) = self.read(|| lines.next()) {
            let unreadable = |error| Error::Failed { message: format!("cannot read the lines: {error}"), help: None };
            statement.push_str(&line.map_err(unreadable)?);
            if line::is_complete(&statement) {
                exit = exit.max(self.run_line(&std::mem::take(&mut statement))?);
            } else {
                statement.push('\n');
            }
            if self.is_over {
                return Ok(exit);
            }
        }
        Ok(exit.max(self.run_line(&statement)?))
    }

    /// Waits for a read. Meanwhile nothing else runs, so Ctrl-C and SIGTERM end the process.
    pub(super) fn read<T>(&self, read: impl FnOnce() -> T) -> T {
        if self.is_typed {
            // It is a file, so it does not block, and the shell goes on.
            return read();
        }
        let interrupt = Arc::clone(&self.desk.interrupt);
        let terminal = self.desk.terminal;
        let end = self.runtime.spawn(async move {
            interrupt.raised().await;
            let error = if interrupt.is_terminated() { Error::Terminated } else { Error::Interrupted };
            let _ = error.report(&terminal);
            std::process::exit(error.code().into());
        });
        let read = read();
        end.abort();
        read
    }

    /// Runs a script.
    pub(crate) fn run_script(&mut self, file: &Path, args: Vec<String>) -> Result<Exit, Error> {
        let outcome = self.scripts().run_file(file, args);
        self.ended(outcome, false)
    }

    /// Runs one statement; a failed one leaves the shell unchanged.
    pub(super) fn run_line(&mut self, text: &str) -> Result<Exit, Error> {
        self.desk.context.clock = Clock::system(self.desk.context.clock.zone.clone());
        let text = text.trim();
        match line::classify(text) {
            Line::Nothing => Ok(Exit::Done),
            Line::Dot => (self.dot)(self, text),
            Line::Sentence => self.run_sentence(text),
            Line::Command => self.run_command(text),
            Line::Script => self.run_rhai(text),
        }
    }

    pub(super) fn run_sentence(&mut self, text: &str) -> Result<Exit, Error> {
        let mut plan = compile(text, &self.desk.context, &self.desk.terminal)?;
        if plan.window.is_none() {
            plan.window.clone_from(&self.settings.window);
        }
        if plan.limit == Limit::Default {
            plan.limit = self.settings.limit;
        }
        plan.chart |= self.settings.chart;
        if self.settings.explain {
            self.run_command(&format!("explain {text}"))?;
        }
        self.answer(&plan)
    }

    pub(super) fn answer(&mut self, plan: &Plan) -> Result<Exit, Error> {
        let kept = Arc::new(Mutex::new(Rows::default()));
        // After the last line, nothing can use the rows again.
        let mut desk = Desk { kept: (!self.is_last).then(|| Arc::clone(&kept)), ..self.desk.clone() };
        if !self.settings.timer {
            desk.terminal = desk.terminal.without_asides();
        }
        // An unlimited answer may not fit into memory, so it is printed as it arrives.
        let ends = plan.limit != Limit::None && !plan.follow;
        let has_pager = self.settings.pager.program().is_some();
        desk.vertical = self.is_typed && !has_pager;
        let memory = Arc::new(Mutex::new(Vec::new()));
        if self.is_typed && ends && has_pager && matches!(desk.out, Out::Standard) {
            desk.out = Out::Memory(Arc::clone(&memory));
        }
        let printed = self.runtime.block_on(print(plan, false, &desk));
        let text = std::mem::take(&mut *memory.lock().unwrap_or_else(PoisonError::into_inner));
        page::show(&text, self.settings.pager)?;
        let exit = printed.map(|printed| printed.close(&desk));
        let rows = Rc::new(std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner)));
        if exit.is_ok() || !rows.rows.is_empty() {
            self.known.saw(&rows);
            if let Some(scripts) = &self.scripts {
                scripts.world().set_answer(Rc::clone(&rows));
            }
            self.last = Some((plan.clone(), rows));
        }
        exit
    }

    pub(super) fn run_command(&mut self, text: &str) -> Result<Exit, Error> {
        let words = match text.split_once(char::is_whitespace) {
            // A sentence keeps its quotes.
            Some((name, sentence)) if name.eq_ignore_ascii_case("explain") => {
                let flagged = ["--estimate", "--targets"].into_iter().find_map(|flag| {
                    let rest = sentence.trim_start().strip_prefix(flag)?;
                    rest.starts_with(char::is_whitespace).then(|| vec![name.into(), flag.into(), rest.trim().into()])
                });
                Some(flagged.unwrap_or_else(|| vec![name.into(), sentence.into()]))
            }
            _ => shlex::split(text),
        };
        let words = words.ok_or_else(|| Error::Usage { message: "a quote is never closed".into(), help: None })?;
        let line = match CommandLine::try_parse_from(words) {
            Ok(line) => line,
            Err(error) if error.use_stderr() => return Err(Error::Query { drawn: error.to_string() }),
            Err(help) => {
                write!(self.desk.out.clone(), "{help}")?;
                return Ok(Exit::Done);
            }
        };
        let mut desk = self.desk.clone();
        desk.output.output = line.output.unwrap_or(desk.output.output);
        desk.output.human |= line.human;
        desk.asking.yes |= line.asking.yes;
        desk.asking.dry_run |= line.asking.dry_run;
        let (context, mut out) = (&desk.context, desk.out.clone());
        let Some(command) = line.command.run_alone(context, &desk.output, &desk.terminal, &mut out)? else {
            return Ok(Exit::Done);
        };
        self.runtime.block_on(command.run(&desk))
    }

    pub(super) fn run_rhai(&mut self, text: &str) -> Result<Exit, Error> {
        let outcome = self.scripts().run_line(text);
        if let Err(script::Error::Uncaught { kind, .. }) = &outcome
            && ["syntax", "script"].contains(&kind.as_str())
            && line::is_like_sentence(text)
        {
            // The error of compiling the sentence says more.
            compile(text, &self.desk.context, &self.desk.terminal)?;
        }
        self.ended(outcome, true)
    }

    /// Handles the outcome of a script; prints its value if it is a line.
    pub(super) fn ended(&mut self, outcome: Result<Ended, script::Error>, shows_value: bool) -> Result<Exit, Error> {
        let variables = self.scripts().variables().map(str::to_string).collect();
        self.known.set_variables(variables);
        match outcome {
            Ok(Ended::Value(value)) => {
                if shows_value && !value.is_unit() {
                    self.desk.out.print(&format!("{}\n", script::shown(&value)))?;
                }
                Ok(Exit::Done)
            }
            Ok(Ended::Exit(code)) => {
                self.is_over = true;
                Ok(Exit::Code(code))
            }
            Err(script::Error::Interrupted) => Err(Error::Interrupted),
            Err(script::Error::Write(error)) => Err(Error::Write(error)),
            Err(script::Error::Uncaught { kind, drawn, .. }) => {
                // An error while a script runs is a failure; a mistake in its text is a usage error.
                let is_usage = ["syntax", "query", "option", "kind"].contains(&kind.as_str());
                Err(if is_usage { Error::Query { drawn } } else { Error::Drawn { drawn } })
            }
        }
    }

    /// The scripts, created when first needed.
    pub(super) fn scripts(&mut self) -> &mut Scripts {
        let Self { scripts, desk, runtime, rules, known, last, .. } = self;
        scripts.get_or_insert_with(|| {
            let console = Console { terminal: desk.terminal, out: desk.out.clone() };
            let world = script::World::new(
                Arc::clone(&desk.session),
                &desk.context,
                runtime.clone(),
                Arc::clone(&desk.interrupt),
                rules.clone(),
                Box::new(console),
            );
            world.set_human(desk.output.human);
            if let Some((_, rows)) = last {
                world.set_answer(Rc::clone(rows));
            }
            let scripts = Scripts::new(world);
            known.set_functions(scripts.docs());
            scripts
        })
    }
}

/// The console of scripts.
struct Console {
    terminal: Terminal,
    out: Out,
}

impl script::Console for Console {
    fn print(&self, text: &str) -> std::io::Result<()> {
        self.out.print(text)
    }

    fn note(&self, text: &str) {
        self.terminal.note_lines(text);
    }

    fn failed(&self, failures: &[String]) {
        self.terminal.errors(failures, "files that cannot be read");
    }

    fn confirm(&self, what: &str, names: &[String]) -> Result<(), String> {
        crate::command::confirm(what, names, &self.terminal).map_err(|error| error.to_string())
    }

    fn width(&self) -> Option<usize> {
        self.out.width()
    }
}

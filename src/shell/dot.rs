//! Dot-commands control the shell itself. One table defines, documents and completes them.

use std::fs::File;
use std::io::{BufReader, Write};
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "aws")]
use indicatif::HumanBytes;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::history::History;
use super::lines::Shell;
use super::page::{self, Pager};
use crate::command::answer::style;
use crate::command::config::Saved;
use crate::command::{Error, Exit, Out, OutputFormat, Place, compile, config, confirm, print_identities, settings};
use crate::diagnostic::nearest;
use crate::kind::TargetKind;
use crate::output::{Format, output};
use crate::query::plan::Limit;
use crate::query::{Named, print};
use crate::session::Waited;
use crate::value::{Column, Need};

/// The type of a dot-command's argument, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    OneOf(&'static [&'static str]),
    File,
    Topic,
    /// The name of a setting, and its value.
    Setting,
    /// An interval and a sentence.
    Sentence,
    Text,
}

/// An entry of the table.
pub(super) struct DotCommand {
    pub(super) name: &'static str,
    pub(super) argument: &'static str,
    pub(super) help: &'static str,
    pub(super) takes: Takes,
    run: fn(&mut Shell, &str) -> Result<Exit, Error>,
}

const ON_OFF: Takes = Takes::OneOf(&["on", "off"]);

pub(super) const DOT_COMMANDS: &[DotCommand] = &[
    DotCommand { name: "help", argument: "[topic|field|function]", help: "Show help.", takes: Takes::Topic, run: help },
    DotCommand {
        name: "mode",
        argument: "table|json|ndjson|csv|chart",
        help: "The format of answers.",
        takes: Takes::OneOf(&["table", "json", "ndjson", "csv", "chart"]),
        run: mode,
    },
    DotCommand {
        name: "timer",
        argument: "on|off",
        help: "The window and the numbers around an answer.",
        takes: ON_OFF,
        run: timer,
    },
    DotCommand {
        name: "explain",
        argument: "on|off",
        help: "The meaning of each sentence, before its answer.",
        takes: ON_OFF,
        run: explain,
    },
    DotCommand {
        name: "last",
        argument: "[table|json|ndjson|csv|chart]",
        help: "The last answer again, in full, in any mode.",
        takes: Takes::OneOf(&["table", "json", "ndjson", "csv", "chart"]),
        run: last,
    },
    DotCommand {
        name: "pager",
        argument: "auto|on|off",
        help: "Whether answers go through $PAGER: what does not fit, all, none.",
        takes: Takes::OneOf(&["auto", "on", "off"]),
        run: pager,
    },
    DotCommand {
        name: "output",
        argument: "[FILE|>>FILE]",
        help: "Write answers to a file, or append to one; without one, to the terminal again.",
        takes: Takes::File,
        run: set_output,
    },
    DotCommand { name: "read", argument: "FILE", help: "Run the lines of a file.", takes: Takes::File, run: read },
    DotCommand {
        name: "watch",
        argument: "30s SENTENCE",
        help: "Repeat a sentence, until Ctrl-C.",
        takes: Takes::Sentence,
        run: watch,
    },
    DotCommand {
        name: "fields",
        argument: "[FIELD]",
        help: "The fields of the language.",
        takes: Takes::Text,
        run: fields,
    },
    DotCommand {
        name: "schema",
        argument: "",
        help: "The fields that the files have.",
        takes: Takes::Nothing,
        run: schema,
    },
    DotCommand {
        name: "targets",
        argument: "",
        help: "The targets that sentences can have here.",
        takes: Takes::Nothing,
        run: targets,
    },
    DotCommand {
        name: "refresh",
        argument: "",
        help: "Read the network of the account anew; else what was read is used for a minute.",
        takes: Takes::Nothing,
        run: refresh,
    },
    DotCommand {
        name: "save",
        argument: "[--sentence] NAME",
        help: "Save the filter of the last sentence as @NAME, or the sentence itself.",
        takes: Takes::Text,
        run: save,
    },
    DotCommand {
        name: "saved",
        argument: "",
        help: "Everything that is saved: filters, sentences, lists, networks.",
        takes: Takes::Nothing,
        run: saved,
    },
    DotCommand {
        name: "open",
        argument: "PATH|aws",
        help: "Go on with other files, or another account.",
        takes: Takes::File,
        run: open,
    },
    #[cfg(feature = "aws")]
    DotCommand {
        name: "region",
        argument: "[NAME]",
        help: "Go on in this Region of AWS; without a name, in that of the environment.",
        takes: Takes::Text,
        run: region,
    },
    #[cfg(feature = "aws")]
    DotCommand {
        name: "profile",
        argument: "[NAME]",
        help: "Go on with this AWS profile; without a name, with that of the environment.",
        takes: Takes::Text,
        run: profile,
    },
    DotCommand {
        name: "account",
        argument: "",
        help: "The accounts and Regions in use, and the login.",
        takes: Takes::Nothing,
        run: account,
    },
    #[cfg(feature = "aws")]
    DotCommand {
        name: "cost",
        argument: "",
        help: "What the queries of this shell have cost so far.",
        takes: Takes::Nothing,
        run: cost,
    },
    DotCommand {
        name: "set",
        argument: "NAME VALUE",
        help: "Change a setting; without a name, say what there are.",
        takes: Takes::Setting,
        run: set,
    },
    DotCommand { name: "history", argument: "", help: "The history.", takes: Takes::Nothing, run: history },
    DotCommand { name: "quit", argument: "", help: "Leave; so does Ctrl-D.", takes: Takes::Nothing, run: quit },
];

/// A setting of `.set`.
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// The values, for completion and help.
    pub(super) values: &'static [&'static str],
    help: &'static str,
    set: fn(&mut Shell, &str) -> Result<(), Error>,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "window",
        values: &["15m", "1h", "6h", "1d", "none"],
        help: "The window of sentences without one.",
        set: set_window,
    },
    Setting {
        name: "limit",
        values: &["default", "10", "1000", "none"],
        help: "The rows of sentences without a limit.",
        set: set_limit,
    },
    Setting {
        name: "columns",
        values: &["seed", "interface"],
        help: "The columns of records if a sentence names none: these, or fields.",
        set: set_columns,
    },
    Setting { name: "zone", values: &["local", "utc"], help: "The zone of times.", set: set_zone },
    Setting { name: "editor", values: &["emacs", "vi"], help: "The keys of the editor.", set: set_editor },
    Setting { name: "human", values: &["on", "off"], help: "Scaled bytes and counts.", set: set_human },
];

/// Runs a dot-command.
pub(super) fn run(shell: &mut Shell, text: &str) -> Result<Exit, Error> {
    let (name, argument) = text[1..].split_once(char::is_whitespace).unwrap_or((&text[1..], ""));
    match DOT_COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(shell, argument.trim()),
        None => {
            let near = nearest(name, DOT_COMMANDS.iter().map(|command| command.name));
            let help = near.map_or_else(|| "`.help` lists them".into(), |near| format!("did you mean `.{near}`?"));
            Err(usage(&format!("there is no `.{name}`"), &help))
        }
    }
}

fn usage(message: &str, help: &str) -> Error {
    Error::Usage { message: message.into(), help: Some(help.into()) }
}

fn say(shell: &Shell, text: &str) -> Result<Exit, Error> {
    shell.desk.out.print(&format!("{text}\n"))?;
    Ok(Exit::Done)
}

fn help(shell: &mut Shell, about: &str) -> Result<Exit, Error> {
    shell.help(about)
}

fn on_off(argument: &str) -> Result<bool, Error> {
    match argument {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(usage(&format!("`{argument}` is neither `on` nor `off`"), "for example `.timer off`")),
    }
}

/// Parses a format; returns whether it is the chart.
fn format_of(argument: &str) -> Result<(OutputFormat, bool), Error> {
    Ok(match argument {
        "table" => (OutputFormat::Table, false),
        "json" => (OutputFormat::Json, false),
        "ndjson" => (OutputFormat::Ndjson, false),
        "csv" => (OutputFormat::Csv, false),
        "chart" => (OutputFormat::Table, true),
        _ => {
            return Err(usage(
                &format!("there is no mode `{argument}`"),
                "there are table, json, ndjson, csv and chart",
            ));
        }
    })
}

fn mode(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    (shell.desk.output.output, shell.settings.chart) = format_of(argument)?;
    Ok(Exit::Done)
}

fn timer(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    shell.settings.timer = on_off(argument)?;
    Ok(Exit::Done)
}

fn explain(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    shell.settings.explain = on_off(argument)?;
    Ok(Exit::Done)
}

fn last(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    let Some((plan, rows)) = &shell.last else {
        return Err(usage("no sentence was run yet", "for example `vpc where reject`"));
    };
    let format = match argument {
        "" if shell.settings.chart => Format::Chart,
        "" => shell.desk.output.format(),
        "chart" => Format::Chart,
        argument => crate::command::Output { output: format_of(argument)?.0, ..shell.desk.output.clone() }.format(),
    };
    let mut bytes = Vec::new();
    let vertical = shell.is_typed && shell.settings.pager.program().is_none();
    let width = shell.desk.out.width().filter(|_| vertical);
    let whole = crate::output::Style { width, vertical, ..style(plan, &shell.desk) };
    let shown = |column: &Column| Column { need: column.need.max(Need::Expendable(0)), ..column.clone() };
    let mut printed = output(format, whole, &mut bytes);
    printed.columns(&rows.columns.iter().map(shown).collect::<Vec<_>>())?;
    printed.rows(rows.rows.clone())?;
    printed.finish()?;
    let remark = printed.remark();
    drop(printed);
    match &shell.desk.out {
        Out::Standard if shell.is_typed => page::show(&bytes, shell.settings.pager)?,
        out => out.clone().write_all(&bytes)?,
    }
    if let Some(remark) = remark {
        shell.desk.terminal.note(&remark);
    }
    Ok(Exit::Done)
}

fn pager(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    shell.settings.pager = match argument {
        "auto" => Pager::Auto,
        "on" => Pager::On,
        "off" => Pager::Off,
        _ => return Err(usage(&format!("`{argument}` is not a way to page"), "there are auto, on and off")),
    };
    Ok(Exit::Done)
}

fn set_output(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    let (path, appends) = match argument.strip_prefix(">>") {
        Some(path) => (path.trim(), true),
        None => (argument, false),
    };
    shell.desk.out = if path.is_empty() {
        Out::Standard
    } else {
        let has_text = std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > 0);
        if has_text && !appends && !shell.desk.asking.yes {
            confirm("overwrite", &[path.to_string()], &shell.desk.terminal)?;
        }
        let file = File::options().create(true).write(true).append(appends).truncate(!appends).open(path);
        let failed = |error| Error::Failed { message: format!("cannot write `{path}`: {error}"), help: None };
        Out::File(Arc::new(file.map_err(failed)?))
    };
    // Scripts print to the same destination, so they are made again.
    shell.scripts = None;
    Ok(Exit::Done)
}

fn read(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    if argument.is_empty() {
        return Err(usage("which file?", "for example `.read questions.txt`"));
    }
    let file = File::open(argument)
        .map_err(|error| Error::Failed { message: format!("cannot read `{argument}`: {error}"), help: None })?;
    shell.run_text(BufReader::new(file))
}

fn watch(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    let (interval, sentence) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
    let interval = interval.parse::<SignedDuration>().ok().and_then(|length| Duration::try_from(length).ok());
    let (Some(interval), false) = (interval.filter(|length| !length.is_zero()), sentence.trim().is_empty()) else {
        return Err(usage(
            "an interval and a sentence are needed",
            "for example `.watch 30s vpc where reject last 5m`",
        ));
    };
    compile(sentence, &shell.desk.context, &shell.desk.terminal)?;
    loop {
        shell.run_sentence(sentence)?;
        let interrupt = Arc::clone(&shell.desk.interrupt);
        let is_over = shell.runtime.block_on(async {
            tokio::select! {
                () = tokio::time::sleep(interval) => false,
                () = interrupt.raised() => true,
            }
        });
        if is_over {
            return Ok(Exit::Done);
        }
        shell.desk.context.clock = crate::query::clock::Clock::system(shell.desk.context.clock.zone.clone());
        say(shell, "")?;
    }
}

fn fields(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    shell.run_command(&format!("fields {argument}"))
}

fn targets(shell: &mut Shell, _: &str) -> Result<Exit, Error> {
    let session = Arc::clone(&shell.desk.session);
    let flow_logs = shell.runtime.block_on(session.flow_logs(TargetKind::All, &[]))?;
    if flow_logs.is_empty() {
        return say(shell, "there are no flow logs: `create vpc NAME` makes one");
    }
    for flow_log in flow_logs {
        say(shell, &format!("{}, {} of {} interfaces", flow_log.label(), flow_log.covered.len(), flow_log.interfaces))?;
    }
    Ok(Exit::Done)
}

#[allow(clippy::unnecessary_wraps, reason = "the commands of the table have one type")]
fn refresh(shell: &mut Shell, _: &str) -> Result<Exit, Error> {
    let session = Arc::clone(&shell.desk.session);
    shell.runtime.block_on(session.refresh());
    if shell.is_typed {
        shell.known.load(&shell.runtime, session);
    }
    Ok(Exit::Done)
}

fn save(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    let (kind, name) = match argument.strip_prefix("--sentence") {
        Some(name) => (Saved::Sentence, name.trim()),
        None => (Saved::Filter, argument),
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if !is_name {
        return Err(usage(&format!("`{name}` is not a name"), "letters, digits, `-` and `_`, a letter first"));
    }
    let named = &mut shell.desk.context.named;
    if named.has_other(name, kind == Saved::Sentence) {
        return Err(usage(&format!("`@{name}` is something else"), "filters, sentences and lists share their names"));
    }
    let last = shell.last.as_ref().map(|(plan, _)| plan);
    let text = match kind {
        Saved::Filter => last.and_then(|plan| plan.selection.said.as_ref()).map(print::condition),
        Saved::Sentence => last.map(print::sentence),
    };
    let Some(text) = text else {
        return Err(usage("there is nothing to save", "ask a sentence first, with `where` for a filter"));
    };
    config::save(shell.config.as_deref(), kind, name, &text)?;
    match kind {
        Saved::Filter => named.filters.insert(name.into(), text),
        Saved::Sentence => named.sentences.insert(name.into(), text),
    };
    if let Some(scripts) = &shell.scripts {
        scripts.world().set_named(&shell.desk.context.named);
    }
    shell.known.set_named(&shell.desk.context.named);
    Ok(Exit::Done)
}

fn saved(shell: &mut Shell, _: &str) -> Result<Exit, Error> {
    let named = &shell.desk.context.named;
    if *named == Named::default() {
        return say(shell, "nothing is saved: `.save NAME` saves the last filter");
    }
    settings::saved(named, &shell.desk.output, &mut shell.desk.out.clone())?;
    Ok(Exit::Done)
}

fn open(shell: &mut Shell, path: &str) -> Result<Exit, Error> {
    match path {
        "" => Err(usage("what shall be opened?", "for example `.open logs/`")),
        #[cfg(feature = "aws")]
        "aws" => go_to(shell, shell.place.on_aws()),
        path => go_to(shell, shell.place.at(path.into())),
    }
}

#[cfg(feature = "aws")]
fn region(shell: &mut Shell, name: &str) -> Result<Exit, Error> {
    let region = Some(name.to_string()).filter(|name| !name.is_empty());
    go_to(shell, Place { region, ..shell.place.on_aws() })
}

#[cfg(feature = "aws")]
fn profile(shell: &mut Shell, name: &str) -> Result<Exit, Error> {
    let profile = Some(name.to_string()).filter(|name| !name.is_empty());
    go_to(shell, Place { profile, ..shell.place.on_aws() })
}

fn account(shell: &mut Shell, _: &str) -> Result<Exit, Error> {
    let session = Arc::clone(&shell.desk.session);
    let (interrupt, terminal) = (Arc::clone(&shell.desk.interrupt), shell.desk.terminal);
    let identities = async { session.identities().await };
    match shell.runtime.block_on(interrupt.wait_for(identities, |news| terminal.note(news))) {
        Waited::Done(identities) => print_identities(&identities?, &shell.desk)?,
        Waited::Stopped(_) => return Err(Error::Interrupted),
    }
    Ok(Exit::Done)
}

#[cfg(feature = "aws")]
fn cost(shell: &mut Shell, _: &str) -> Result<Exit, Error> {
    let (bytes, usd) = shell.place.scanned();
    say(shell, &format!("{} scanned, about {usd:.4} USD", HumanBytes(bytes)))
}

/// Changes to another place; if it cannot be opened, nothing changes.
fn go_to(shell: &mut Shell, place: Place) -> Result<Exit, Error> {
    let session = Arc::new(place.open(shell.desk.terminal)?);
    shell.desk.session = Arc::clone(&session);
    shell.place = place;
    if let Some(scripts) = &shell.scripts {
        scripts.world().move_to(Arc::clone(&session));
    }
    shell.known.load(&shell.runtime, session);
    Ok(Exit::Done)
}

fn set(shell: &mut Shell, argument: &str) -> Result<Exit, Error> {
    if argument.is_empty() {
        let line = |one: &Setting| format!(".set {:<8} {:<24} {}", one.name, one.values.join("|"), one.help);
        return say(shell, &SETTINGS.iter().map(line).collect::<Vec<_>>().join("\n"));
    }
    let (name, value) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
    let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
        let near = nearest(name, SETTINGS.iter().map(|setting| setting.name)).unwrap_or("window");
        let example = SETTINGS.iter().find(|setting| setting.name == near).map_or("1h", |setting| setting.values[0]);
        return Err(usage(&format!("there is no setting `{name}`"), &format!("for example `.set {near} {example}`")));
    };
    (setting.set)(shell, value.trim())?;
    Ok(Exit::Done)
}

fn set_window(shell: &mut Shell, value: &str) -> Result<(), Error> {
    shell.settings.window = if value == "none" {
        None
    } else {
        compile(&format!("last {value}"), &shell.desk.context, &shell.desk.terminal)?.window
    };
    Ok(())
}

fn set_limit(shell: &mut Shell, value: &str) -> Result<(), Error> {
    shell.settings.limit = if value == "default" {
        Limit::Default
    } else {
        compile(&format!("limit {value}"), &shell.desk.context, &shell.desk.terminal)?.limit
    };
    Ok(())
}

fn set_columns(shell: &mut Shell, value: &str) -> Result<(), Error> {
    let columns = value.parse().map_err(|error: String| usage(&error, "for example `.set columns interface`"))?;
    shell.desk.output.columns = Some(columns);
    Ok(())
}

fn set_zone(shell: &mut Shell, value: &str) -> Result<(), Error> {
    let unknown = |error: jiff::Error| usage(&error.to_string(), "for example `.set zone Asia/Tokyo`");
    let zone = match value {
        "local" => TimeZone::system(),
        "utc" => TimeZone::UTC,
        name => TimeZone::get(name).map_err(unknown)?,
    };
    if let Some(scripts) = &shell.scripts {
        scripts.world().set_zone(&zone);
    }
    shell.desk.context.clock.zone = zone;
    Ok(())
}

fn set_editor(shell: &mut Shell, value: &str) -> Result<(), Error> {
    shell.settings.vi = match value {
        "vi" => true,
        "emacs" => false,
        _ => return Err(usage(&format!("`{value}` is no editor"), "there are emacs and vi")),
    };
    Ok(())
}

fn set_human(shell: &mut Shell, value: &str) -> Result<(), Error> {
    let human = on_off(value)?;
    shell.desk.output.human = human;
    if let Some(scripts) = &shell.scripts {
        scripts.world().set_human(human);
    }
    Ok(())
}

fn schema(shell: &mut Shell, _: &str) -> Result<Exit, Error> {
    let schemas = shell.desk.session.schemas()?;
    for schema in schemas {
        let files = match schema.files.as_slice() {
            [file] => format!("`{file}`"),
            files => format!("{} files, such as `{}`", files.len(), files[0]),
        };
        say(shell, &format!("{files}\n  {}", schema.fields.join(" ")))?;
    }
    Ok(Exit::Done)
}

fn history(shell: &mut Shell, _: &str) -> Result<Exit, Error> {
    let Some(file) = super::folder::history_file() else { return say(shell, "") };
    let entries = History::new(file.clone()).read().map_err(|error| Error::Failed {
        message: format!("cannot read the history `{}`: {error}", file.display()),
        help: None,
    })?;
    say(shell, &entries.join("\n"))
}

#[allow(clippy::unnecessary_wraps, reason = "the commands of the table have one type")]
fn quit(shell: &mut Shell, _: &str) -> Result<Exit, Error> {
    shell.is_over = true;
    Ok(Exit::Done)
}

//! `why`: judges a connection by the inventory, and shows what the records say about it.

use std::fmt::{Display, Write};
use std::ops::RangeInclusive;
use std::sync::Arc;

use clap::Args;
use owo_colors::OwoColorize;
use serde_json::{Value as Json, json};

use super::answer::ask_first;
use super::compile;
use super::desk::Desk;
use super::error::{Error, Exit};
use super::outcome::explained;
use crate::account::why::{self, Answer, Case, Decision, End, INTERNET_WORD, Question, Service, Verdict};
use crate::account::{self, Cancellation};
use crate::escape;
use crate::output::Format;
use crate::query::Context;
use crate::query::ast::{Clause, ClauseKind};
use crate::query::parse::parse_sentence;
use crate::session::recorded::{Asked, Seen, seen};
use crate::value::{Rows, RunStats, Value, time_in, time_utc};

/// The first words of a window.
const WINDOW_WORDS: [&str; 6] = ["last", "since", "from", "around", "today", "yesterday"];

/// The window of records, if none is named.
const DEFAULT_WINDOW: &str = "last 1h";

/// Judges whether a connection is possible.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// Fail with 4 if the connection is denied, also in part, and with 5 if it cannot be judged
    #[arg(long)]
    check: bool,

    /// Judge by the inventory only, and read no records
    #[arg(long)]
    no_records: bool,

    /// Of several interfaces that an end means, this one; may be given more than once
    #[arg(long, value_name = "ENI")]
    eni: Vec<String>,

    /// The ports that the client may take
    #[arg(long, value_name = "PORT[-PORT]", value_parser = parse_ports, default_value = "1024-65535")]
    client_ports: RangeInclusive<u16>,

    /// `SRC [DST] [PORT[/PROTO]] [WINDOW]`: addresses, names, ids or `internet`, which DST is if it is left out
    #[arg(required = true, trailing_var_arg = true, value_name = "WORD")]
    words: Vec<String>,
}

fn parse_ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err("expected a port, or two with `-` between them".into()),
    }
}

/// A question, in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    source: String,
    target: String,
    service: Option<Service>,
    window: String,
}

impl Words {
    /// Parses `SRC [DST] [PORT[/PROTO]] [WINDOW]`.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for a word in the wrong place.
    pub(crate) fn read(words: &[String]) -> Result<Self, Error> {
        let usage = |message: String| {
            let help = Some("for example `why web orders-db 5432/tcp last 6h`".to_string());
            Error::Usage { message, help }
        };
        let begins_window = |word: &String| WINDOW_WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
        let window = words.iter().position(begins_window).unwrap_or(words.len());
        let (ends, window) = words.split_at(window);
        let service = ends.last().filter(|_| ends.len() > 1).and_then(|word| Service::parse(word));
        let ends = if service.is_some() { &ends[..ends.len() - 1] } else { ends };
        let (source, target) = match ends {
            [source] => (source.clone(), INTERNET_WORD.to_string()),
            [source, target] => (source.clone(), target.clone()),
            [_, _, word] => return Err(usage(format!("`{word}` is neither a port nor a protocol"))),
            _ => return Err(usage("expected a source, and perhaps a target, a port and a window".into())),
        };
        let window = if window.is_empty() { DEFAULT_WINDOW.to_string() } else { window.join(" ") };
        Ok(Self { source, target, service, window })
    }
}

impl Why {
    pub(super) async fn run(&self, desk: &Desk) -> Result<Exit, Error> {
        // A quoted line is a single argument; among several, one with blanks is a name.
        let words: Vec<String> = match &self.words[..] {
            [line] => line.split_whitespace().map(Into::into).collect(),
            words => words.to_vec(),
        };
        let Words { source, target, service, window } = Words::read(&words)?;
        check_window(&window, desk)?;
        let (client_ports, interfaces) = (self.client_ports.clone(), self.eni.clone());
        let question = Question { source, target, service, client_ports, interfaces };
        let network = desk.session.inventory().await?;
        let answer = why::answer(&network, &question).map_err(account::Error::from)?;
        let recorded = if self.no_records { None } else { Some(records(&answer, &question, &window, desk).await?) };
        print(&answer, &question, recorded.as_ref(), &window, desk)?;
        Ok(match answer.verdict() {
            _ if !self.check => Exit::Done,
            Verdict::Allowed => Exit::Done,
            Verdict::CannotJudge => Exit::Code(5),
            Verdict::Denied | Verdict::DeniedInPart => Exit::Code(4),
        })
    }
}

/// Checks the window where it was typed, as the sentence about the records is not.
fn check_window(window: &str, desk: &Desk) -> Result<(), Error> {
    compile(window, &desk.context, &desk.terminal)?;
    let sentence = parse_sentence(window).unwrap_or_default();
    match &sentence.clauses[..] {
        [Clause { kind: ClauseKind::Window(_), .. }] => Ok(()),
        _ => Err(Error::Usage {
            message: format!("`{window}` is more than a window"),
            help: Some("for example `last 6h`, or `from 9:00 to 10:00`".into()),
        }),
    }
}

/// The records of a connection, or the reason why they cannot be read.
type Recorded = Result<Vec<Seen>, String>;

async fn records(answer: &Answer<'_>, question: &Question, window: &str, desk: &Desk) -> Result<Recorded, Error> {
    let mut refused = "no interface of the ends is known, or more than 200 are".to_string();
    // If one end has no flow log, the other may have one.
    for ends in [[true, true], [false, true], [true, false]] {
        let Some(asked) = Asked::new(answer, question, window, ends) else { continue };
        let context = Context { parameters: asked.parameters, ..desk.context.clone() };
        let plan = compile(&asked.sentence, &context, &desk.terminal)?;
        let mut rows = Rows::default();
        let run = async {
            ask_first(&plan, desk).await?;
            Ok::<_, Error>(desk.session.run(&plan, &desk.context.clock, &Arc::default(), &mut rows).await)
        };
        match run.await {
            Ok(Ok(stats)) => {
                for note in notes(&stats, desk) {
                    desk.terminal.note(&note);
                }
                return Ok(Ok(seen(&rows, answer)));
            }
            Ok(Err(_)) if Cancellation::current().check().is_err() => return Err(Error::Interrupted),
            // The verdict is useful without records.
            Ok(Err(error)) => refused = explained(&error),
            Err(error @ Error::Failed { .. }) => refused = error.to_string(),
            Err(error) => return Err(error),
        }
    }
    Ok(Err(refused))
}

/// Notes on records that the answer lacks.
fn notes(stats: &RunStats, desk: &Desk) -> Vec<String> {
    let from = stats.recorded_from.map(|from| format!("recorded since {}", time_in(from, &desk.context.clock.zone)));
    let failed = stats.failed_files.iter().map(|problem| format!("{}: {}", problem.file, problem.reason));
    let cut = stats.truncated.then(|| "records are missing: the answer is cut".to_string());
    stats.notes.iter().cloned().chain(from).chain(failed).chain(cut).collect()
}

fn print(
    answer: &Answer<'_>,
    question: &Question,
    recorded: Option<&Recorded>,
    window: &str,
    desk: &Desk,
) -> Result<(), Error> {
    let out = desk.out.clone();
    if matches!(desk.output.format(), Format::Json | Format::Ndjson) {
        let mut json = answer.to_json(question);
        if let Some(recorded) = recorded {
            json["records"] = recorded.as_ref().map_or(Json::Null, |seen| seen.iter().map(json_of_seen).collect());
            json["records_error"] = recorded.as_ref().err().map_or(Json::Null, |why| why.as_str().into());
        }
        let text = if desk.output.format() == Format::Json { format!("{json:#}\n") } else { format!("{json}\n") };
        out.print_json(&text)?;
        return Ok(());
    }
    let paint = Paint { colour: desk.has_colour() };
    let mut text = String::new();
    for case in &answer.cases {
        text += &of_case(case, paint);
        text.push('\n');
    }
    if answer.cases.is_empty() {
        let ends = [question.source.as_str(), &question.target].join(" to ");
        let denied = paint.verdict(Verdict::Denied);
        let _ = writeln!(text, "{}: {denied}\n  no rule lets any service pass\n", escape::text(&ends));
    }
    if answer.left_out > 0 {
        let _ = writeln!(text, "not judged: {} of interfaces\n", plural(answer.left_out, "further pair"));
    }
    match recorded {
        Some(Ok(seen)) => text += &of_records(seen, answer, window, desk),
        Some(Err(why)) => text += &["records, ", window, ": none to read: ", &escape::lines(why), "\n"].concat(),
        None => {}
    }
    out.print_prose(&text)?;
    Ok(())
}

/// Colours for verdicts and decisions: green for what passes, red for what does not, yellow for what is not known.
#[derive(Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn decision(self, decision: Decision) -> String {
        let sign = sign(decision).to_string();
        match decision {
            _ if !self.colour => sign,
            Decision::Allowed => sign.green().to_string(),
            Decision::Denied => sign.red().to_string(),
            Decision::Unknown => sign.yellow().to_string(),
        }
    }

    fn verdict(self, verdict: Verdict) -> String {
        let words = verdict.words();
        match verdict {
            _ if !self.colour => words.into(),
            Verdict::Allowed => words.green().bold().to_string(),
            Verdict::Denied | Verdict::DeniedInPart => words.red().bold().to_string(),
            Verdict::CannotJudge => words.yellow().bold().to_string(),
        }
    }
}

/// A case for people: the verdict, the changes that would let it pass, and each step.
fn of_case(case: &Case<'_>, paint: Paint) -> String {
    let judgement = &case.judgement;
    let ends = [judgement.source.label(), judgement.target.label()].join(" to ");
    let verdict = paint.verdict(judgement.verdict);
    let mut text = format!("{}, {}: {verdict}\n", escape::text(&ends), judgement.service.label());
    if !case.others.is_empty() {
        let labels: Vec<String> = case
            .others
            .iter()
            .take(SHOWN_PAIRS)
            .map(|(from, to)| format!("{} to {}", short(from), short(to)))
            .collect();
        let more = case.others.len().saturating_sub(SHOWN_PAIRS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(text, "  the same for {}{more}", escape::text(&labels.join(", ")));
    }
    for fix in &case.fixes {
        let _ = writeln!(text, "  to allow it: {}", escape::text(fix));
    }
    for step in &judgement.steps {
        for piece in &step.pieces {
            let way = if step.is_answer { "answer " } else { "request" };
            let ports = if step.pieces.len() > 1 {
                format!(" [ports {}-{}]", piece.ports.start(), piece.ports.end())
            } else {
                String::new()
            };
            let (sign, by) = (paint.decision(piece.decision), escape::text(&piece.by));
            let _ = writeln!(text, "  {sign} {way} {:<22} {by}{ports}", step.check.name());
        }
    }
    text
}

/// The number of other pairs that are shown.
const SHOWN_PAIRS: usize = 4;

fn short(end: &End<'_>) -> String {
    end.interface.map_or_else(
        || end.label(),
        |interface| format!("{} {}", interface.name.as_ref().unwrap_or(&interface.id), end.address),
    )
}

const fn sign(decision: Decision) -> char {
    match decision {
        Decision::Allowed => '+',
        Decision::Unknown => '?',
        Decision::Denied => '-',
    }
}

/// Describes the records, a line for each interface, direction and action.
fn of_records(seen: &[Seen], answer: &Answer<'_>, window: &str, desk: &Desk) -> String {
    if seen.is_empty() {
        return format!("records, {window}: none of this connection\n");
    }
    let name = |id: &str| {
        let ends = answer.ends.iter().flatten();
        let interface = ends.filter_map(|end| end.interface).find(|interface| interface.id == id);
        let name = interface.and_then(|interface| interface.name.as_ref());
        let id = escape::text(id);
        name.map_or_else(|| id.to_string(), |name| format!("{} ({id})", escape::text(name)))
    };
    let line = |one: &Seen| {
        let what = if one.is_answer { "answers" } else { "requests" };
        let action = match one.action.as_str() {
            "ACCEPT" => "accepted",
            "REJECT" => "rejected",
            _ => "without an action",
        };
        let last = match one.last {
            Value::Time(time) => format!(", the last at {}", time_in(time, &desk.context.clock.zone)),
            _ => String::new(),
        };
        let (flows, packets) = (plural(one.flows, "flow"), plural(one.packets, "packet"));
        format!("  {flows} of {what} {action} at {}, {packets}{last}\n", name(&one.interface))
    };
    format!("records, {window}:\n{}", seen.iter().map(line).collect::<String>())
}

/// A number of things.
fn plural<N: Copy + PartialEq + From<u8> + Display>(number: N, noun: &str) -> String {
    let s = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{s}")
}

fn json_of_seen(one: &Seen) -> Json {
    json!({
        "interface": one.interface,
        "packets_of": if one.is_answer { "answers" } else { "requests" },
        "action": one.action,
        "flows": one.flows,
        "packets": one.packets,
        "last": time_of(&one.last),
    })
}

fn time_of(value: &Value) -> Option<String> {
    if let Value::Time(time) = value { Some(time_utc(*time)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Words, String> {
        let words: Vec<String> = text.split(' ').map(Into::into).collect();
        Words::read(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn words_are_ends_a_service_and_a_window() {
        let words = |source: &str, target: &str, service: Option<Service>, window: &str| Words {
            source: source.into(),
            target: target.into(),
            service,
            window: window.into(),
        };
        assert_eq!(read("web"), Ok(words("web", "internet", None, "last 1h")));
        assert_eq!(read("web 443"), Ok(words("web", "internet", Some(Service::at(6, 443)), "last 1h")));
        assert_eq!(read("web db 53/udp"), Ok(words("web", "db", Some(Service::at(17, 53)), "last 1h")));
        let icmp = Service { protocol: 1, ports: 0..=65_535 };
        assert_eq!(read("10.0.0.1 db icmp last 6 h"), Ok(words("10.0.0.1", "db", Some(icmp), "last 6 h")));
        assert_eq!(read("a b https today"), Ok(words("a", "b", Some(Service::at(6, 443)), "today")));
        assert!(read("a b c").unwrap_err().contains("`c` is neither"));
        assert!(read("last 6h").unwrap_err().contains("a source"));
        let range = Service { protocol: 6, ports: 8_000..=8_010 };
        assert_eq!(read("a b 8000-8010/tcp"), Ok(words("a", "b", Some(range), "last 1h")));
    }
}

//! `flowlogs query KIND`: the Go tool's flags, which compile to the same plan as a sentence.
//!
//! The flags build a syntax tree, not text, so that a value cannot be misread as syntax.

use std::net::IpAddr;

use clap::ArgAction;

use crate::command::kind::KindParser;
use crate::command::{Error, Terminal};
use crate::diagnostic::{Span, nearest};
use crate::field::{protocol_named, protocol_words};
use crate::kind::TargetKind;
use crate::query::ast::{
    Clause, ClauseKind, Expression, ExpressionKind, Literal, LiteralForm, Name, Sentence, Target, Window,
};
use crate::query::check::check_sentence;
use crate::query::parse::parse_expression;
use crate::query::plan::{Operator, Plan};
use crate::query::{self, Context};

/// The flags, all of which must match; without flags, every record matches.
#[derive(Debug, clap::Args)]
pub(super) struct QueryFlags {
    /// The kind to ask about
    #[arg(value_parser = KindParser(TargetKind::ALL))]
    kind: TargetKind,

    /// Ids, names, or globs over either; none means each that there is
    selectors: Vec<String>,

    /// Accepted traffic
    #[arg(long, env = "AWSFL_ACCEPT", action = ArgAction::SetTrue, value_parser = switch("AWSFL_ACCEPT"))]
    accept: bool,

    /// Rejected traffic
    #[arg(long, env = "AWSFL_REJECT", action = ArgAction::SetTrue, value_parser = switch("AWSFL_REJECT"))]
    reject: bool,

    /// Traffic that enters the interface
    #[arg(long, env = "AWSFL_INGRESS", action = ArgAction::SetTrue, value_parser = switch("AWSFL_INGRESS"))]
    ingress: bool,

    /// Traffic that leaves the interface
    #[arg(long, env = "AWSFL_EGRESS", action = ArgAction::SetTrue, value_parser = switch("AWSFL_EGRESS"))]
    egress: bool,

    /// An address or network: source, destination or packet
    #[arg(long, env = "AWSFL_ADDR", value_parser = parse_network)]
    addr: Option<String>,

    /// The source address or network
    #[arg(long, env = "AWSFL_SRC_ADDR", value_parser = parse_network)]
    src_addr: Option<String>,

    /// The destination address or network
    #[arg(long, env = "AWSFL_DST_ADDR", value_parser = parse_network)]
    dst_addr: Option<String>,

    /// The packet's original source address or network
    #[arg(long, env = "AWSFL_PKT_SRC_ADDR", value_parser = parse_network)]
    pkt_src_addr: Option<String>,

    /// The packet's original destination address or network
    #[arg(long, env = "AWSFL_PKT_DST_ADDR", value_parser = parse_network)]
    pkt_dst_addr: Option<String>,

    /// The source or destination port; negative for all
    #[arg(long, env = "AWSFL_PORT", value_parser = parse_port, allow_negative_numbers = true)]
    port: Option<Port>,

    /// The source port; negative for all
    #[arg(long, env = "AWSFL_SRC_PORT", value_parser = parse_port, allow_negative_numbers = true)]
    src_port: Option<Port>,

    /// The destination port; negative for all
    #[arg(long, env = "AWSFL_DST_PORT", value_parser = parse_port, allow_negative_numbers = true)]
    dst_port: Option<Port>,

    /// The protocol, by keyword or number
    #[arg(long, env = "AWSFL_PROTOCOL", value_parser = parse_protocol)]
    protocol: Option<String>,

    /// The network interface id
    #[arg(long, env = "AWSFL_NI_ID")]
    ni_id: Option<String>,

    /// Minutes to look back [default: 60 on an account, all records of files]
    #[arg(long, env = "AWSFL_MINUTES", value_parser = clap::value_parser!(u32).range(1..))]
    minutes: Option<u32>,

    /// Rows to return [default: 100]
    #[arg(long, env = "AWSFL_LIMIT", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

    /// Add the type of each interface, the names of both ends, the traffic's path and AWS services
    #[arg(long, env = "AWSFL_PRETTY", action = ArgAction::SetTrue, value_parser = switch("AWSFL_PRETTY"))]
    pub(super) pretty: bool,

    /// Follow new records, until Ctrl-C
    #[arg(long)]
    follow: bool,

    /// A further condition on the records
    #[arg(long = "where", value_name = "EXPR")]
    expression: Option<String>,
}

/// A port number; `None` for every port.
#[derive(Clone, Copy, Debug)]
struct Port(Option<u16>);

/// Parses the value of a switch, which only its environment variable has.
///
/// Source: `strconv.ParseBool`, <https://pkg.go.dev/strconv#ParseBool>, which the Go tool uses.
fn switch(variable: &'static str) -> impl Fn(&str) -> Result<bool, String> + Clone {
    move |text| match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("the variable {variable} takes `true` or `false`")),
    }
}

fn parse_network(text: &str) -> Result<String, String> {
    let is_valid = text.parse::<IpAddr>().is_ok() || text.parse::<ipnet::IpNet>().is_ok();
    if is_valid { Ok(text.into()) } else { Err("expected an address or a network such as 10.0.0.0/8".into()) }
}

fn parse_port(text: &str) -> Result<Port, String> {
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Ok(Port(None)),
        Ok(number) => u16::try_from(number).map(|port| Port(Some(port))).map_err(|_| "expected 0 to 65535".into()),
        Err(_) => crate::field::port_named(text)
            .map(|port| Port(Some(port)))
            .ok_or_else(|| "expected a port number, a name such as ssh, or -1 for all".into()),
    }
}

fn parse_protocol(text: &str) -> Result<String, String> {
    if protocol_named(text).is_some() || text.parse::<u8>().is_ok() {
        return Ok(text.into());
    }
    Err(match nearest(text, protocol_words()) {
        Some(near) => format!("unknown protocol; did you mean `{near}`?"),
        None => "unknown protocol; expected an IANA keyword such as TCP, or 0 to 255".into(),
    })
}

impl QueryFlags {
    /// The plan of the flags.
    pub(super) fn plan(&self, context: &Context, terminal: &Terminal) -> Result<Plan, Error> {
        // Positions in the tree are those of `--where`: the other values are checked by their own parsers.
        let text = self.expression.as_deref().unwrap_or_default();
        let drawn = |error: query::Error| Error::Query { drawn: error.render("--where", text, terminal.colour_err()) };
        let mut parts = self.tests();
        if self.expression.is_some() {
            let expression = parse_expression(text, 0).map_err(|error| drawn(error.into()))?;
            parts.push(Expression { is_grouped: true, ..expression });
        }
        let sentence = Sentence { saved: None, targets: vec![self.target()], clauses: self.clauses(parts) };
        check_sentence(&sentence, context).map_err(|errors| drawn(query::Error::Check(errors)))
    }

    fn target(&self) -> Target {
        Target { kind: self.kind, selectors: self.selectors.clone(), span: Span::default() }
    }

    fn tests(&self) -> Vec<Expression> {
        let words =
            [(self.accept, "accept"), (self.reject, "reject"), (self.ingress, "ingress"), (self.egress, "egress")];
        let words = words.into_iter().filter(|(given, _)| *given).map(|(_, word)| ExpressionKind::Word(name(word)));
        let port = |port: &Option<Port>| port.and_then(|port| port.0).map(|port| port.to_string());
        let values = [
            ("eni", self.ni_id.clone()),
            ("proto", self.protocol.clone()),
            ("addr", self.addr.clone()),
            ("src.addr", self.src_addr.clone()),
            ("dst.addr", self.dst_addr.clone()),
            ("pkt.src.addr", self.pkt_src_addr.clone()),
            ("pkt.dst.addr", self.pkt_dst_addr.clone()),
            ("port", port(&self.port)),
            ("src.port", port(&self.src_port)),
            ("dst.port", port(&self.dst_port)),
        ];
        let values = values.into_iter().filter_map(|(field, value)| value.map(|value| equal(field, value)));
        words.chain(values).map(|kind| Expression { kind, is_grouped: false, span: Span::default() }).collect()
    }

    fn clauses(&self, mut parts: Vec<Expression>) -> Vec<Clause> {
        let mut clauses = Vec::new();
        let mut add = |kind| clauses.push(Clause { kind, span: Span::default() });
        match parts.len() {
            0 => {}
            1 => add(ClauseKind::Where(parts.remove(0))),
            _ => add(ClauseKind::Where(Expression {
                kind: ExpressionKind::All(parts),
                is_grouped: false,
                span: Span::default(),
            })),
        }
        if let Some(minutes) = self.minutes {
            add(ClauseKind::Window(Window::Last(name(&format!("{minutes}m")))));
        }
        if let Some(limit) = self.limit {
            add(ClauseKind::Limit(name(&limit.to_string())));
        }
        if self.follow {
            add(ClauseKind::Follow);
        }
        clauses
    }
}

fn name(text: &str) -> Name {
    Name::new(text, Span::default())
}

fn equal(field: &str, value: String) -> ExpressionKind {
    ExpressionKind::Compare {
        field: name(field),
        operator: Operator::Equal,
        operator_span: Span::default(),
        value: Literal { text: value, form: LiteralForm::Quoted, span: Span::default() },
    }
}

//! Judges connections by the inventory: by security groups, network ACLs, routes and public addresses.
//!
//! Nothing is guessed: whatever the inventory does not describe cannot be judged.

mod block;
mod decide;
mod ends;
mod fix;
mod json;
mod network_acl;
mod packet;
mod piece;
mod route;
mod security_group;
mod services;

pub use decide::{CLIENT_PORTS, Check, Judgement, Step, Verdict, judge};
pub use ends::{INTERNET_WORD, ends};
pub use fix::SENSITIVE_PORTS;
pub use packet::{End, INTERNET, Service};
pub use piece::{Decision, Piece};

use std::ops::RangeInclusive;

use super::inventory::Inventory;
use super::select::Error;

/// The most pairs of ends that are judged.
pub const MOST_PAIRS: usize = 10_000;

/// A question: can these ends connect?
#[derive(Clone, Debug)]
pub struct Question {
    /// The client: an address, a name, an id, or `internet`.
    pub source: String,
    /// The server.
    pub target: String,
    /// The service; `None` for every service that a rule matches.
    pub service: Option<Service>,
    /// The possible ports of the client.
    pub client_ports: RangeInclusive<u16>,
    /// The ids of the interfaces to judge; empty for all.
    pub interfaces: Vec<String>,
}

/// Pairs of ends with the same judgement.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The judgement of the first pair.
    pub judgement: Judgement<'a>,
    /// The other pairs.
    pub others: Vec<(End<'a>, End<'a>)>,
    /// The changes that would allow the connection.
    pub fixes: Vec<String>,
}

/// The answer of an inventory.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// The cases, the worst first.
    pub cases: Vec<Case<'a>>,
    /// The ends that were judged, clients and servers.
    pub ends: [Vec<End<'a>>; 2],
    /// The number of pairs that were left out.
    pub left_out: usize,
}

impl Answer<'_> {
    /// The verdict over all pairs: the common one if they agree, denied in part if some are allowed and some are not.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mut verdicts = self.cases.iter().map(|case| case.judgement.verdict);
        let Some(first) = verdicts.next() else { return Verdict::Denied };
        let worst = verdicts.clone().fold(first, Verdict::max);
        let is_mixed = verdicts.any(|verdict| verdict != first);
        if is_mixed && worst == Verdict::Denied { Verdict::DeniedInPart } else { worst }
    }
}

/// Answers a question by an inventory.
///
/// # Errors
///
/// [`Error::NoMatch`] for an end that is not in the inventory.
pub fn answer<'a>(network: &'a Inventory, question: &Question) -> Result<Answer<'a>, Error> {
    let is_meant = |ends: Vec<End<'a>>| {
        let named = |end: &End<'a>| end.interface.is_some_and(|one| question.interfaces.contains(&one.id));
        let narrowed: Vec<End<'a>> = ends.iter().filter(|end| named(end)).copied().collect();
        if narrowed.is_empty() { ends } else { narrowed }
    };
    let (sources, targets) = (is_meant(ends(network, &question.source)?), is_meant(ends(network, &question.target)?));
    let mut pairs = ends::pairs(&sources, &targets);
    let left_out = pairs.len().saturating_sub(MOST_PAIRS);
    pairs.truncate(MOST_PAIRS);
    let mut cases: Vec<Case<'a>> = Vec::new();
    for (source, target) in pairs {
        let services = match &question.service {
            Some(service) => vec![service.clone()],
            None => services::services(network, &source, &target),
        };
        for service in services {
            let judgement = judge(network, source, target, &service, &question.client_ports);
            match cases.iter_mut().find(|case| is_alike(&case.judgement, &judgement)) {
                Some(case) => case.others.push((source, target)),
                None => cases.push(Case { fixes: fix::fixes(network, &judgement), judgement, others: Vec::new() }),
            }
        }
    }
    cases.sort_by_key(|case| std::cmp::Reverse(case.judgement.verdict));
    Ok(Answer { cases, ends: [sources, targets], left_out })
}

/// Returns whether two judgements have the same service, verdict and reasons.
fn is_alike(one: &Judgement<'_>, other: &Judgement<'_>) -> bool {
    let reasons = |judgement: &Judgement<'_>| -> Vec<(bool, String)> {
        let decided =
            judgement.steps.iter().flat_map(|step| step.pieces.iter().map(move |piece| (step.is_answer, piece)));
        let bad = decided.filter(|(_, piece)| piece.decision != Decision::Allowed);
        bad.map(|(is_answer, piece)| (is_answer, piece.by.clone())).collect()
    };
    one.service == other.service && one.verdict == other.verdict && reasons(one) == reasons(other)
}

#[cfg(test)]
mod tests;

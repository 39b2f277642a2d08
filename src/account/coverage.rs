//! Coverage: chooses the flow log that answers for each interface, part of a window, and action.
//!
//! Several flow logs may record one interface: on itself, on its subnet, on its VPC. At any second the interface's
//! accepted traffic, and likewise its rejected traffic, is read from one of them, so that nothing is counted twice. The
//! function here is pure and every kind of account calls it, so that a sentence means the same on all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::member::Member;
use crate::query::window::Interval;
use crate::value::EpochSeconds;

/// The action of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Action {
    /// Accepted traffic.
    Accept,
    /// Rejected traffic.
    Reject,
    /// No action, as in records without data.
    Unknown,
}

impl Action {
    /// Every action.
    pub(super) const ALL: [Self; 3] = [Self::Accept, Self::Reject, Self::Unknown];

    /// The word in a record.
    pub(super) const fn word(self) -> Option<&'static str> {
        match self {
            Self::Accept => Some("ACCEPT"),
            Self::Reject => Some("REJECT"),
            Self::Unknown => None,
        }
    }
}

/// The destination of a flow log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(feature = "aws"), allow(dead_code, reason = "only on AWS is there another destination"))]
pub(super) enum Destination {
    /// A log group, by name or ARN.
    LogGroup(String),
    /// A bucket, and a folder in it.
    S3(String),
    /// A delivery stream.
    Firehose(String),
}

/// A flow log, as far as coverage depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Log {
    /// Its id.
    pub(super) id: String,
    /// The VPC, subnet, interface or gateway that it is on.
    pub(super) resource: String,
    /// The first second that it records.
    pub(super) created: EpochSeconds,
    /// The first second after its end, if it was deleted.
    pub(super) deleted: Option<EpochSeconds>,
    /// The actions that it records.
    pub(super) actions: BTreeSet<Action>,
    /// Whether its format has the interface (or the field that replaces it), so that a query can select interfaces.
    pub(super) has_interface: bool,
    /// Whether its format has the action.
    pub(super) has_action: bool,
    /// The destination of its records.
    pub(super) destination: Destination,
}

impl Log {
    fn is_recording(&self, second: EpochSeconds) -> bool {
        self.created <= second && self.deleted.is_none_or(|deleted| second < deleted)
    }
}

/// The traffic to cover.
#[derive(Clone, Debug)]
pub(super) struct Meant<'a> {
    /// The interfaces.
    pub(super) members: &'a BTreeSet<Member>,
    /// The ids of the flow logs on the resource itself.
    pub(super) own: &'a BTreeSet<String>,
    /// The actions.
    pub(super) actions: &'a BTreeSet<Action>,
    /// The window.
    pub(super) window: Interval,
    /// Whether the oldest flow log also answers for the time before its creation. On AWS a flow log that was replaced
    /// is no longer listed, but its records stay in the log group, to which the new one usually delivers.
    pub(super) reaches_back: bool,
}

/// The traffic that one flow log answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The index of the flow log in the given list.
    pub(super) log: usize,
    /// The seconds in which its records start.
    pub(super) interval: Interval,
    /// The actions of its records.
    pub(super) actions: BTreeSet<Action>,
    /// The interfaces of its records.
    pub(super) members: BTreeSet<Member>,
}

/// Traffic that no flow log answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The interfaces.
    pub(super) member: Member,
    /// The interval.
    pub(super) interval: Interval,
    /// The actions.
    pub(super) actions: BTreeSet<Action>,
}

/// The answer: no second of an interface's accepted, or rejected, traffic is in two parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Coverage {
    /// The traffic that flow logs answer for.
    pub(super) parts: Vec<Part>,
    /// The traffic that is not covered.
    pub(super) gaps: Vec<Gap>,
}

/// Chooses the flow log that answers for each interface, part of the window, and action.
///
/// Of the flow logs that record an interface at a second, one that delivers to a log group comes before others, then
/// one on the resource itself, then the narrowest that covers all wanted interfaces, then the oldest; of two that were
/// created in one second, the first in the list.
pub(super) fn coverage(logs: &[Log], meant: &Meant<'_>) -> Coverage {
    let choice = Choice::new(logs, meant);
    let mut parts: BTreeMap<(usize, EpochSeconds, EpochSeconds), BTreeMap<&Member, BTreeSet<Action>>> = BTreeMap::new();
    let mut gaps = Vec::new();
    for member in meant.members {
        for (log, interval, actions) in choice.of_member(member) {
            match log {
                Some(log) => {
                    let members = parts.entry((log, interval.from, interval.until)).or_default();
                    members.entry(member).or_default().extend(actions);
                }
                None => gaps.push(Gap { member: member.clone(), interval, actions }),
            }
        }
    }
    let parts = parts.into_iter().flat_map(|((log, from, until), members)| {
        let mut by_actions: BTreeMap<BTreeSet<Action>, BTreeSet<Member>> = BTreeMap::new();
        for (member, actions) in members {
            by_actions.entry(actions).or_default().insert(member.clone());
        }
        let part = move |(actions, members)| Part { log, interval: Interval { from, until }, actions, members };
        by_actions.into_iter().map(part)
    });
    Coverage { parts: parts.collect(), gaps }
}

/// A flow log, or none, that answers for an interval and actions.
type Chosen = (Option<usize>, Interval, BTreeSet<Action>);

/// The order of choice, the lowest first: not in a log group, cannot be narrowed, not on the resource itself, the width
/// if it covers all wanted interfaces, the creation time, the index.
type Rank = (bool, bool, bool, usize, EpochSeconds, usize);

/// The rules of choice, with the lookups that they need.
struct Choice<'a> {
    logs: &'a [Log],
    meant: &'a Meant<'a>,
    by_resource: HashMap<&'a str, Vec<usize>>,
    /// The resources that cover all wanted interfaces.
    covers_all: BTreeSet<&'a str>,
}

impl<'a> Choice<'a> {
    fn new(logs: &'a [Log], meant: &'a Meant<'a>) -> Self {
        let mut by_resource: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, log) in logs.iter().enumerate() {
            by_resource.entry(&log.resource).or_default().push(place);
        }
        // Deleted interfaces count only if there are no others.
        let is_there = |member: &&Member| member.interface.is_some();
        let only_gone = !meant.members.iter().any(|member| is_there(&member));
        let counted: Vec<&Member> = meant.members.iter().filter(|member| only_gone || is_there(member)).collect();
        let mut count: HashMap<&str, usize> = HashMap::new();
        for resource in counted.iter().flat_map(|member| member.resources()) {
            *count.entry(resource).or_default() += 1;
        }
        let covers_all = count.into_iter().filter(|(_, count)| *count == counted.len());
        Self { logs, meant, by_resource, covers_all: covers_all.map(|(resource, _)| resource).collect() }
    }

    /// The flow logs that answer for an interface, ordered by time.
    fn of_member(&self, member: &Member) -> Vec<Chosen> {
        let on = |resource: &String| self.by_resource.get(resource.as_str()).into_iter().flatten().copied();
        let candidates: Vec<usize> = member.resources().flat_map(on).collect();
        let mut chosen: BTreeMap<Action, Vec<(Option<usize>, Interval)>> = BTreeMap::new();
        for interval in self.intervals(&candidates) {
            for (action, log) in self.at(member, &candidates, interval.from) {
                let of_action = chosen.entry(action).or_default();
                match of_action.last_mut() {
                    Some((last, before)) if *last == log => before.until = interval.until,
                    _ => of_action.push((log, interval)),
                }
            }
        }
        let mut joined: BTreeMap<(Option<usize>, EpochSeconds, EpochSeconds), BTreeSet<Action>> = BTreeMap::new();
        for (action, of_action) in chosen {
            for (log, interval) in of_action {
                joined.entry((log, interval.from, interval.until)).or_default().insert(action);
            }
        }
        joined.into_iter().map(|((log, from, until), actions)| (log, Interval { from, until }, actions)).collect()
    }

    /// The window, split where a flow log begins or ends.
    fn intervals(&self, candidates: &[usize]) -> Vec<Interval> {
        let Interval { from, until } = self.meant.window;
        let ends = candidates.iter().map(|place| &self.logs[*place]);
        let cuts = ends.flat_map(|log| [Some(log.created), log.deleted]).flatten();
        let mut starts: BTreeSet<EpochSeconds> = cuts.filter(|cut| (from..=until).contains(cut)).collect();
        starts.insert(from);
        let ends: Vec<EpochSeconds> = starts.iter().skip(1).map(|start| start - 1).chain([until]).collect();
        starts.into_iter().zip(ends).map(|(from, until)| Interval { from, until }).collect()
    }

    /// The flow log for each action at a second.
    fn at(&self, member: &Member, candidates: &[usize], second: EpochSeconds) -> BTreeMap<Action, Option<usize>> {
        let of_action = |action: &Action| (*action, self.of_action(member, candidates, second, *action));
        let mut chosen: BTreeMap<Action, Option<usize>> = self.meant.actions.iter().map(of_action).collect();
        // The records of a flow log without the action cannot be told apart: it answers for every action or for none.
        let is_whole = |log: &&usize| self.logs[**log].actions.len() > 2 && !self.logs[**log].has_action;
        if let Some(whole) = chosen.values().flatten().find(is_whole).copied() {
            for log in chosen.values_mut() {
                *log = Some(whole);
            }
        }
        chosen
    }

    fn of_action(&self, member: &Member, candidates: &[usize], second: EpochSeconds, action: Action) -> Option<usize> {
        let records = candidates.iter().copied().filter(|place| self.logs[*place].actions.contains(&action));
        let recording = records.clone().filter(|place| self.logs[*place].is_recording(second));
        let best = recording.min_by_key(|place| self.rank(member, *place));
        let first = || {
            let first = records.clone().min_by_key(|place| {
                let log = &self.logs[*place];
                (is_elsewhere(log), log.created, self.rank(member, *place))
            });
            first.filter(|first| self.meant.reaches_back && second < self.logs[*first].created)
        };
        best.or_else(first)
    }

    /// The rank of a flow log; the lowest answers.
    fn rank(&self, member: &Member, place: usize) -> Rank {
        let log = &self.logs[place];
        let width = member.resources().position(|resource| *resource == log.resource).unwrap_or(usize::MAX);
        let covers_all = self.covers_all.contains(log.resource.as_str());
        let is_other = !self.meant.own.contains(&log.id);
        let is_blurred = is_other && !log.has_interface;
        let width = if covers_all { width } else { usize::MAX };
        (is_elsewhere(log), is_blurred, is_other, width, log.created, place)
    }
}

const fn is_elsewhere(log: &Log) -> bool {
    !matches!(log.destination, Destination::LogGroup(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Interval = Interval { from: 100, until: 199 };

    /// An interface in a subnet of VPC `v`; `-` stands for deleted ones.
    fn member(text: &str) -> Member {
        let (subnet, interface) = text.split_once('/').unwrap();
        let known = |id: &str| (id != "-").then(|| id.to_string());
        Member { network: Some("v".into()), subnet: known(subnet), interface: known(interface), ..Member::default() }
    }

    /// `id resource created..deleted actions destination`, for instance `a v 0.. ALL g`.
    fn log(text: &str) -> Log {
        let words: Vec<&str> = text.split(' ').collect();
        let (created, deleted) = words[2].split_once("..").unwrap();
        let actions = match words[3] {
            "ALL" | "MUTE" => Action::ALL.into(),
            "ACCEPT" => [Action::Accept, Action::Unknown].into(),
            _ => [Action::Reject, Action::Unknown].into(),
        };
        let destination = match words[4].strip_prefix("s3:") {
            Some(bucket) => Destination::S3(bucket.into()),
            None => Destination::LogGroup(words[4].into()),
        };
        Log {
            id: words[0].into(),
            resource: words[1].into(),
            created: created.parse().unwrap(),
            deleted: deleted.parse().ok(),
            actions,
            has_interface: true,
            has_action: words[3] != "MUTE",
            destination,
        }
    }

    /// One line per part, `log from..until actions: members`, and one per gap, with `none` for the log.
    fn decided(logs: &[&str], members: &[&str], own: &[&str], reaches_back: bool) -> Vec<String> {
        let logs: Vec<Log> = logs.iter().map(|text| log(text)).collect();
        let members: BTreeSet<Member> = members.iter().map(|text| member(text)).collect();
        let own = own.iter().map(ToString::to_string).collect();
        let actions = [Action::Accept, Action::Reject].into();
        let meant = Meant { members: &members, own: &own, actions: &actions, window: WINDOW, reaches_back };
        let Coverage { parts, gaps } = coverage(&logs, &meant);
        let line = |log: &str, interval: Interval, actions: &BTreeSet<Action>, members: Vec<&Member>| {
            let actions: Vec<&str> = actions.iter().filter_map(|action| action.word()).collect();
            let name = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".into());
            let members: Vec<String> =
                members.iter().map(|member| format!("{}/{}", name(&member.subnet), name(&member.interface))).collect();
            let Interval { from, until } = interval;
            format!("{log} {from}..{until} {}: {}", actions.join("+"), members.join(" "))
        };
        let parts = parts
            .iter()
            .map(|part| line(&logs[part.log].id, part.interval, &part.actions, part.members.iter().collect()));
        let gaps = gaps.iter().map(|gap| line("none", gap.interval, &gap.actions, vec![&gap.member]));
        parts.chain(gaps).collect()
    }

    /// The expected parts were worked out by hand from the rules of the language.
    #[test]
    fn one_flow_log_answers_at_any_second() {
        let both = "ACCEPT+REJECT";
        for (why, logs, members, own, expected) in [
            (
                "one flow log on the VPC covers the interfaces of all subnets, and those that are gone",
                &["a v 0.. ALL g"][..],
                &["s/e1", "s/e2", "t/e3", "s/-", "-/-"][..],
                &["a"][..],
                vec![format!("a 100..199 {both}: -/- s/- s/e1 s/e2 t/e3")],
            ),
            (
                "the one on the resource itself goes before an older one of its subnet",
                &["old s 0.. ALL g", "own v 50.. ALL h"],
                &["s/e1", "t/e2"],
                &["own"],
                vec![format!("own 100..199 {both}: s/e1 t/e2")],
            ),
            (
                "until that is created the older one answers",
                &["old s 0.. ALL g", "own v 150.. ALL h"],
                &["s/e1"],
                &["own"],
                vec![format!("old 100..149 {both}: s/e1"), format!("own 150..199 {both}: s/e1")],
            ),
            (
                "the narrowest that covers all goes before an older, wider one",
                &["wide v 0.. ALL g", "narrow s 50.. ALL h"],
                &["s/e1", "s/e2"],
                &[],
                vec![format!("narrow 100..199 {both}: s/e1 s/e2")],
            ),
            (
                "one that covers some only does not go before one that covers all",
                &["wide v 50.. ALL g", "narrow s 0.. ALL h"],
                &["s/e1", "t/e2"],
                &[],
                vec![format!("wide 100..199 {both}: s/e1 t/e2")],
            ),
            (
                "where none covers all, the oldest answers for what it covers",
                &["one s 20.. ALL g", "two e1 10.. ALL h", "three t 30.. ALL i"],
                &["s/e1", "s/e2", "t/e3"],
                &[],
                vec![
                    format!("one 100..199 {both}: s/e2"),
                    format!("two 100..199 {both}: s/e1"),
                    format!("three 100..199 {both}: t/e3"),
                ],
            ),
            (
                "of two of one second the first answers",
                &["b v 0.. ALL g", "a v 0.. ALL h"],
                &["s/e1"],
                &["a", "b"],
                vec![format!("b 100..199 {both}: s/e1")],
            ),
            (
                "a pair of one action each answers for one half each",
                &["yes v 0.. ACCEPT g", "no v 0.. REJECT h"],
                &["s/e1"],
                &["yes", "no"],
                vec!["yes 100..199 ACCEPT: s/e1".into(), "no 100..199 REJECT: s/e1".into()],
            ),
            (
                "a half that no flow log records is uncovered",
                &["no v 0.. REJECT h"],
                &["s/e1"],
                &["no"],
                vec!["no 100..199 REJECT: s/e1".into(), "none 100..199 ACCEPT: s/e1".into()],
            ),
            (
                "one of one action on the resource leaves the other half to one that contains it",
                &["no s 0.. REJECT h", "wide v 50.. ALL g"],
                &["s/e1"],
                &["no"],
                vec!["no 100..199 REJECT: s/e1".into(), "wide 100..199 ACCEPT: s/e1".into()],
            ),
            (
                "records without an action cannot be divided, so that one flow log answers for both",
                &["no s 0.. REJECT h", "wide v 50.. MUTE g"],
                &["s/e1"],
                &["no"],
                vec![format!("wide 100..199 {both}: s/e1")],
            ),
            (
                "a log group goes before S3, even before one on the resource itself",
                &["s3 s 0.. ALL s3:bucket", "wide v 50.. ALL g"],
                &["s/e1"],
                &["s3"],
                vec![format!("wide 100..199 {both}: s/e1")],
            ),
            (
                "S3 answers where there is no log group",
                &["s3 s 0.. ALL s3:bucket", "other t 0.. ALL g"],
                &["s/e1", "t/e2"],
                &[],
                vec![format!("s3 100..199 {both}: s/e1"), format!("other 100..199 {both}: t/e2")],
            ),
            (
                "one that was deleted answers for the seconds before",
                &["old v 0..120 ALL g", "new s 150.. ALL h"],
                &["s/e1"],
                &[],
                vec![
                    format!("old 100..119 {both}: s/e1"),
                    format!("new 150..199 {both}: s/e1"),
                    format!("none 120..149 {both}: s/e1"),
                ],
            ),
            (
                "one of another network does not answer",
                &["other w 0.. ALL g"],
                &["s/e1"],
                &[],
                vec![format!("none 100..199 {both}: s/e1")],
            ),
        ] {
            assert_eq!(decided(logs, members, own, false), expected, "{why}");
        }
    }

    #[test]
    fn the_first_flow_log_answers_for_the_time_before_it_where_records_may_be_left() {
        let both = "ACCEPT+REJECT";
        let logs = ["first v 130.. ALL g", "own s 160.. ALL h"];
        let parts = [format!("first 100..159 {both}: s/e1"), format!("own 160..199 {both}: s/e1")];
        assert_eq!(decided(&logs, &["s/e1"], &["own"], true), parts);
        let strict = [
            format!("first 130..159 {both}: s/e1"),
            format!("own 160..199 {both}: s/e1"),
            format!("none 100..129 {both}: s/e1"),
        ];
        assert_eq!(decided(&logs, &["s/e1"], &["own"], false), strict);
        // The oldest flow log also answers for the time before its creation.
        let young = ["a v 300.. ALL g", "b v 250.. ALL h"];
        assert_eq!(decided(&young, &["s/e1"], &["a"], true), [format!("b 100..199 {both}: s/e1")]);
        // A deleted one does not.
        let gone = ["a v 0..50 ALL g"];
        assert_eq!(decided(&gone, &["s/e1"], &["a"], true), [format!("none 100..199 {both}: s/e1")]);
    }

    #[test]
    fn a_flow_log_that_cannot_be_narrowed_answers_last_unless_it_is_on_the_resource_itself() {
        let blind = Log { has_interface: false, ..log("blind v 0.. ALL g") };
        let logs = [blind, log("other v 50.. ALL h")];
        let members = BTreeSet::from([member("s/e1"), member("t/e2")]);
        let actions = BTreeSet::from([Action::Accept]);
        let first = |own: &[&str]| {
            let own = own.iter().map(ToString::to_string).collect();
            let meant = Meant { members: &members, own: &own, actions: &actions, window: WINDOW, reaches_back: false };
            logs[coverage(&logs, &meant).parts[0].log].id.clone()
        };
        assert_eq!(first(&["blind", "other"]), "blind");
        assert_eq!(first(&[]), "other");
    }
}

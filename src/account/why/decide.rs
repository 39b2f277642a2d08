//! Judges a connection by every check on its path, and on the path of its answers.

use std::ops::RangeInclusive;

use super::block::{block, public_address};
use super::packet::{End, Packets, Service, is_public};
use super::piece::{Decided, Decision, Open, Piece};
use super::route::{Way, way};
use super::{network_acl, security_group};
use crate::account::inventory::{Interface, Inventory};

/// The ports of clients, unless the user names others.
pub const CLIENT_PORTS: RangeInclusive<u16> = 1_024..=65_535;

/// A check on the path of packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// The security groups of an interface.
    SecurityGroups {
        /// The interface.
        interface: String,
        /// Whether the packets leave the interface.
        egress: bool,
    },
    /// The network ACL of a subnet.
    NetworkAcl {
        /// The subnet.
        subnet: String,
        /// Whether the packets leave the subnet.
        egress: bool,
    },
    /// The route of packets out of a subnet.
    Route {
        /// The subnet.
        subnet: String,
    },
    /// The public address of an interface.
    PublicAddress {
        /// The interface.
        interface: String,
    },
    /// VPC Block Public Access.
    BlockPublicAccess,
    /// A part of the path that is not in the inventory.
    Between,
}

impl Check {
    /// The check in words.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SecurityGroups { egress: true, .. } => "security group, out",
            Self::SecurityGroups { egress: false, .. } => "security group, in",
            Self::NetworkAcl { egress: true, .. } => "network ACL, out",
            Self::NetworkAcl { egress: false, .. } => "network ACL, in",
            Self::Route { .. } => "route",
            Self::PublicAddress { .. } => "public address",
            Self::BlockPublicAccess => "block public access",
            Self::Between => "between",
        }
    }
}

/// A step: a check, and its decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whether it is on the path of the answers.
    pub is_answer: bool,
    /// Whether its ports are those that a NAT gateway takes in place of the client's.
    pub is_translated: bool,
    /// The check.
    pub check: Check,
    /// The decisions, by destination ports.
    pub pieces: Vec<Piece>,
}

impl Step {
    /// The worst decision.
    #[must_use]
    pub fn worst(&self) -> Decision {
        self.pieces.iter().map(|piece| piece.decision).max().unwrap_or(Decision::Unknown)
    }

    /// The best decision.
    fn best(&self) -> Decision {
        self.pieces.iter().map(|piece| piece.decision).min().unwrap_or(Decision::Unknown)
    }
}

/// The verdict about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The connection is possible.
    Allowed,
    /// The inventory lacks something that is needed to judge.
    CannotJudge,
    /// The connection is denied for some ports.
    DeniedInPart,
    /// The connection is denied.
    Denied,
}

impl Verdict {
    /// The verdict in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::CannotJudge => "cannot judge",
            Self::DeniedInPart => "denied in part",
            Self::Denied => "denied",
        }
    }
}

/// The judgement about a connection.
#[derive(Clone, Debug)]
pub struct Judgement<'a> {
    /// The client.
    pub source: End<'a>,
    /// The server.
    pub target: End<'a>,
    /// The service.
    pub service: Service,
    /// The client's ports.
    pub client_ports: RangeInclusive<u16>,
    /// The steps, first those of the request.
    pub steps: Vec<Step>,
    /// The verdict.
    pub verdict: Verdict,
}

/// Judges a connection by an inventory.
#[must_use]
pub fn judge<'a>(
    network: &'a Inventory,
    source: End<'a>,
    target: End<'a>,
    service: &Service,
    client_ports: &RangeInclusive<u16>,
) -> Judgement<'a> {
    let has_ports = Service::has_ports(service.protocol);
    let answer_ports = if has_ports { client_ports.clone() } else { 0..=u16::MAX };
    let mut path = Path { network, protocol: service.protocol, steps: Vec::new() };
    path.walk(source, target, &service.ports, &answer_ports);
    let verdict = verdict(&path.steps, [&service.ports, &answer_ports]);
    Judgement { source, target, service: service.clone(), client_ports: answer_ports, steps: path.steps, verdict }
}

/// The verdict of the steps, for the ports of the request and those of the answer.
fn verdict(steps: &[Step], [request, answer]: [&RangeInclusive<u16>; 2]) -> Verdict {
    let is_all_denied = |is_answer: bool, ports: &RangeInclusive<u16>| {
        let pieces = steps.iter().filter(|step| step.is_answer == is_answer && !step.is_translated);
        let pieces = pieces.flat_map(|step| &step.pieces);
        let mut open = Open::new(ports.clone());
        for piece in pieces.filter(|piece| piece.decision == Decision::Denied) {
            open.decide(&piece.ports, Decision::Denied, &String::new);
        }
        open.finish(Decision::Allowed, &String::new).iter().all(|piece| piece.decision == Decision::Denied)
    };
    let is_translation_denied = steps.iter().any(|step| step.is_translated && step.best() == Decision::Denied);
    let worst = steps.iter().map(Step::worst).max().unwrap_or(Decision::Unknown);
    match worst {
        _ if is_translation_denied || is_all_denied(false, request) || is_all_denied(true, answer) => Verdict::Denied,
        Decision::Denied => Verdict::DeniedInPart,
        Decision::Unknown => Verdict::CannotJudge,
        Decision::Allowed => Verdict::Allowed,
    }
}

/// The steps of a connection, under construction.
struct Path<'a> {
    network: &'a Inventory,
    protocol: u8,
    steps: Vec<Step>,
}

impl<'a> Path<'a> {
    fn walk(&mut self, source: End<'a>, target: End<'a>, ports: &RangeInclusive<u16>, answers: &RangeInclusive<u16>) {
        let (here, there) = (source.interface, target.interface);
        let is_one_subnet = here.zip(there).is_some_and(|(here, there)| here.subnet == there.subnet);
        if let Some((from, to)) = here.zip(there)
            && (source.is_public_name || target.is_public_name)
        {
            self.security_groups(from, source, target, ports, true);
            self.between(false, "traffic between two interfaces by a public address is not judged".into());
            self.security_groups(to, source, target, ports, false);
            return;
        }
        // The end as the server sees it, which may be a NAT gateway, and that gateway.
        let (mut seen, mut gateway) = (source, None);
        if let Some(from) = here {
            self.security_groups(from, source, target, ports, true);
            if !is_one_subnet {
                self.acl(from, [source, target], ports, true, false);
                gateway = self.way_out(from, source, target, ports);
                seen = gateway.map_or(source, |nat: &Interface| nat_end(nat, source));
            }
        } else if is_public(source.address) {
            self.asked_from_internet(target);
        } else {
            self.between(false, format!("the path from {} into the VPC is not in the inventory", source.address));
        }
        if let Some(to) = there {
            if !is_one_subnet {
                self.acl(to, [seen, target], ports, false, false);
            }
            self.security_groups(to, seen, target, ports, false);
            if !is_one_subnet {
                self.acl(to, [target, seen], answers, true, true);
                self.way_back(to, seen);
            }
        }
        if let Some(nat) = gateway {
            let inside = nat_end(nat, source);
            // The gateway takes a port of its own, whatever the client's is.
            let ports = if Service::has_ports(self.protocol) { &CLIENT_PORTS } else { answers };
            self.acl(nat, [target, inside], ports, false, true);
            if let Some(step) = self.steps.last_mut() {
                step.is_translated = true;
            }
            if here.is_some_and(|from| from.subnet != nat.subnet) {
                self.acl(nat, [target, source], answers, true, true);
            }
        }
        if let Some(from) = here.filter(|_| !is_one_subnet) {
            self.acl(from, [target, source], answers, false, true);
        }
    }

    fn push(&mut self, is_answer: bool, check: Check, pieces: Vec<Piece>) {
        self.steps.push(Step { is_answer, is_translated: false, check, pieces });
    }

    /// Adds a step with the same decision for every port.
    fn all(&mut self, is_answer: bool, check: Check, (decision, by): Decided) {
        self.push(is_answer, check, vec![Piece { ports: 0..=u16::MAX, decision, by }]);
    }

    fn between(&mut self, is_answer: bool, by: String) {
        self.all(is_answer, Check::Between, (Decision::Unknown, by));
    }

    fn packets(&self, [from, to]: [End<'a>; 2], ports: &RangeInclusive<u16>) -> Packets<'a> {
        Packets { from, to, protocol: self.protocol, ports: ports.clone() }
    }

    fn security_groups(
        &mut self,
        at: &Interface,
        from: End<'a>,
        to: End<'a>,
        ports: &RangeInclusive<u16>,
        egress: bool,
    ) {
        let pieces = security_group::decide(self.network, at, &self.packets([from, to], ports), egress);
        self.push(false, Check::SecurityGroups { interface: at.id.clone(), egress }, pieces);
    }

    fn acl(&mut self, at: &Interface, ends: [End<'a>; 2], ports: &RangeInclusive<u16>, egress: bool, is_answer: bool) {
        let pieces = network_acl::decide(self.network, &at.subnet, &self.packets(ends, ports), egress);
        self.push(is_answer, Check::NetworkAcl { subnet: at.subnet.clone(), egress }, pieces);
    }

    /// Adds the path of a request out of the client's subnet; returns the NAT gateway that it passes.
    fn way_out(
        &mut self,
        from: &'a Interface,
        source: End<'a>,
        target: End<'a>,
        ports: &RangeInclusive<u16>,
    ) -> Option<&'a Interface> {
        let judge = |way: &Way<'a>| match way {
            Way::Nat { by, gateway, interface: None } => {
                (Decision::Unknown, format!("{by}; the interface of {gateway} is not known"))
            }
            way => way.decision(),
        };
        let Way::Nat { interface, .. } = self.route(from, source, &target, judge) else { return None };
        let nat = interface?;
        self.through(nat, from, source, target, ports);
        Some(nat)
    }

    /// Adds the route of a request out of the subnet of an interface, where the packets have the address of `source`.
    fn route(
        &mut self,
        at: &'a Interface,
        source: End<'a>,
        target: &End<'a>,
        judge: impl Fn(&Way<'a>) -> Decided,
    ) -> Way<'a> {
        let way = way(self.network, at, target);
        self.all(false, Check::Route { subnet: at.subnet.clone() }, judge(&way));
        if matches!(way, Way::Internet { .. }) {
            self.on_internet(at, source);
        }
        way
    }

    /// Adds the path of a request through a NAT gateway.
    fn through(
        &mut self,
        nat: &'a Interface,
        from: &Interface,
        source: End<'a>,
        target: End<'a>,
        ports: &RangeInclusive<u16>,
    ) {
        if nat.subnet != from.subnet {
            self.acl(nat, [source, target], ports, false, false);
        }
        self.acl(nat, [nat_end(nat, source), target], ports, true, false);
        self.route(nat, nat_end(nat, source), &target, |way| match way {
            Way::Nat { by, .. } => (Decision::Unknown, format!("{by}: one NAT gateway behind another is not judged")),
            way => way.decision(),
        });
    }

    /// Adds the checks of an interface that sends requests to the internet.
    fn on_internet(&mut self, from: &Interface, end: End<'a>) {
        let check = Check::PublicAddress { interface: from.id.clone() };
        self.all(false, check, public_address(from, end.address));
        self.all(false, Check::BlockPublicAccess, block(self.network, from, false));
    }

    /// Adds the checks of an interface that receives requests from the internet.
    fn asked_from_internet(&mut self, target: End<'a>) {
        let Some(to) = target.interface else {
            self.between(false, "neither end is in the inventory".into());
            return;
        };
        let check = Check::PublicAddress { interface: to.id.clone() };
        self.all(false, check, public_address(to, target.address));
        self.all(false, Check::BlockPublicAccess, block(self.network, to, true));
    }

    /// Adds the path of answers out of the server's subnet.
    fn way_back(&mut self, from: &Interface, to: End<'a>) {
        let check = Check::Route { subnet: from.subnet.clone() };
        let decided = match way(self.network, from, &to) {
            Way::Internet { by, is_outbound_only: true } | Way::Nat { by, .. } => {
                (Decision::Denied, format!("{by}, which accepts no requests from outside"))
            }
            way => way.decision(),
        };
        self.all(true, check, decided);
    }
}

/// The end that the packets of a client have behind a NAT gateway.
fn nat_end<'a>(nat: &'a Interface, client: End<'a>) -> End<'a> {
    let address = nat.addresses.first().copied().unwrap_or(client.address);
    End::of(nat, address)
}

impl Judgement<'_> {
    /// The decisions behind the verdict: those that deny, or those that cannot be judged; none if all is allowed.
    pub fn reasons(&self) -> impl Iterator<Item = &Piece> {
        let meant = match self.verdict {
            Verdict::Allowed | Verdict::CannotJudge => Decision::Unknown,
            Verdict::DeniedInPart | Verdict::Denied => Decision::Denied,
        };
        let steps = self.steps.iter().filter(move |step| step.worst() >= meant);
        steps.flat_map(|step| &step.pieces).filter(move |piece| piece.decision == meant)
    }

    /// The denying steps: first those that deny all ports, then the others, each in the order of the path.
    pub fn denying(&self) -> impl Iterator<Item = &Step> {
        // A step that denies all ports is a better reason than one that denies some.
        let whole = self.steps.iter().filter(|step| step.best() == Decision::Denied);
        let in_part = self.steps.iter().filter(|step| step.best() != Decision::Denied);
        whole.chain(in_part.filter(|step| step.worst() == Decision::Denied))
    }
}

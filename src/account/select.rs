//! Selectors: ids, names, or globs over either.

use super::inventory::{Endpoint, Inventory};
use super::resource::{KINDS, Resource, label};
use crate::diagnostic::nearest;
use crate::kind::TargetKind;

/// An error of a selector, or of a target that cannot be queried or created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `vpc prdo`
    #[error("no {kind} matches `{selector}`")]
    NoMatch {
        /// The name of the kind.
        kind: &'static str,
        /// The selector, as the user wrote it.
        selector: String,
        /// Existing ids and names.
        known: Vec<String>,
    },
    /// `vpc where reject`, where no VPC has a flow log.
    #[error("the account has no flow log{}", of_kind(*kind))]
    NoFlowLogs {
        /// The kind.
        kind: TargetKind,
    },
    /// `vpc prod`, which has no flow log.
    #[error("{what} has no flow log")]
    NoFlowLog {
        /// The target.
        what: String,
        /// The command that creates it, if that would help.
        create: Option<String>,
    },
    /// `vpc prod`, whose flow logs do not deliver to a log group.
    #[error("the records of {what} are not in a log group: {}", places.join(", "))]
    Elsewhere {
        /// The target.
        what: String,
        /// Each flow log with its destination.
        places: Vec<String>,
        /// The command that creates one for a log group, if that would help.
        create: Option<String>,
    },
    /// `create instance i-0a i-0b`, where the two have different names or are in different VPCs.
    #[error("the instances of a flow log must share a name and a VPC: {}", of_instances(instances))]
    MixedInstances {
        /// Each instance's id, its name and VPC.
        instances: Vec<[String; 3]>,
    },
    /// `create instance web`, where several VPCs have instances of that name.
    #[error("instances in several VPCs have the name `{name}`: {}", groups.join("; "))]
    SeveralVpcs {
        /// The name.
        name: String,
        /// Each VPC with its instances of the name.
        groups: Vec<String>,
        /// The id of one of them.
        instance: String,
    },
    /// `create vpc vpc-0a`, which another account owns and shares.
    #[error("{} is owned by account {account}", label(*kind, name.as_ref(), id))]
    Shared {
        /// The kind.
        kind: TargetKind,
        /// Its name, if it has one.
        name: Option<String>,
        /// Its id.
        id: String,
        /// The owner.
        account: String,
    },
    /// `endpoint s3`, which is a gateway endpoint.
    #[error("{} is a gateway endpoint, which has no network interface", label(TargetKind::Endpoint, name.as_ref(), id))]
    GatewayEndpoint {
        /// Its name, if it has one.
        name: Option<String>,
        /// Its id.
        id: String,
    },
    /// A target without a network interface, for which nothing can be recorded.
    #[error("{what} has no network interface: there is nothing to log")]
    NoInterface {
        /// The target.
        what: String,
    },
}

impl Error {
    /// A hint for the user.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoMatch { selector, known, .. } => Some(advice(selector, known)),
            Self::NoFlowLogs { kind } => {
                let kind = if KINDS.contains(kind) { kind.name() } else { "vpc" };
                Some(format!("create one: `flowlogs create {kind} NAME`"))
            }
            Self::NoFlowLog { create, .. } => create.as_ref().map(|create| format!("create one: `{create}`")),
            Self::Elsewhere { create, .. } => {
                let read = "copy its files and query them with `--local FOLDER`";
                Some(match create {
                    Some(create) => format!("{read}, or create one that delivers to a log group: `{create}`"),
                    None => read.into(),
                })
            }
            Self::MixedInstances { .. } => Some("create one for each name in each VPC".into()),
            Self::SeveralVpcs { instance, .. } => {
                Some(format!("the id of an instance means those of its VPC: `create instance {instance}`"))
            }
            Self::Shared { kind, .. } if kind.is_of_transit_gateways() => {
                Some("only the owner of a transit gateway can create flow logs of it and its attachments".into())
            }
            Self::Shared { .. } => Some(
                "only its owner can create a flow log of it; this account can log its own interfaces in it: \
                 `create instance NAME` or `create sg NAME`"
                    .into(),
            ),
            Self::GatewayEndpoint { .. } => {
                Some("the interfaces that use it record its traffic: `vpc NAME where path = gateway-endpoint`".into())
            }
            Self::NoInterface { .. } => None,
        }
    }
}

/// Help for an unknown name: the most likely name, or the existing names.
pub(super) fn advice(selector: &str, known: &[String]) -> String {
    match near(selector, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none".into(),
        None => format!("there are {}", few(known)),
    }
}

/// The most similar name, or one that contains the selector.
fn near<'n>(selector: &str, known: &'n [String]) -> Option<&'n str> {
    let containing = known.iter().find(|name| name.contains(selector));
    nearest(selector, known.iter().map(String::as_str)).or(containing.map(String::as_str))
}

fn of_kind(kind: TargetKind) -> String {
    if KINDS.contains(&kind) { format!(" of kind `{}`", kind.name()) } else { String::new() }
}

fn of_instances(instances: &[[String; 3]]) -> String {
    let each: Vec<String> = instances.iter().map(|[id, name, vpc]| format!("{id} is `{name}` in {vpc}")).collect();
    each.join(", ")
}

/// A few of the names, and the number of the others.
pub(super) fn few(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The names of all items: the first name of each, then their other names.
pub(crate) fn known<'a, T, N: Iterator<Item = &'a String>>(all: &'a [T], names: impl Fn(&'a T) -> N) -> Vec<String> {
    let first = all.iter().filter_map(|one| names(one).next());
    first.chain(all.iter().flat_map(|one| names(one).skip(1))).cloned().collect()
}

/// The error for a selector that matches no resource of a kind.
pub(crate) fn not_found(inventory: &Inventory, kind: TargetKind, selector: &str) -> Error {
    let is_selected = |one: &&Endpoint| [Some(&one.id), one.name.as_ref()].contains(&Some(&selector.to_string()));
    if let Some(Endpoint { id, name, .. }) = inventory.gateway_endpoints.iter().find(is_selected)
        && kind == TargetKind::Endpoint
    {
        return Error::GatewayEndpoint { name: name.clone(), id: id.clone() };
    }
    let resources = inventory.resources(kind);
    Error::NoMatch { kind: kind.name(), selector: selector.into(), known: known(&resources, Resource::names) }
}

/// Checks that instances selected by id share a name and a VPC, and that a selected name is in one VPC only.
pub(crate) fn check_mixed(resources: &[Resource], selectors: &[String]) -> Result<(), Error> {
    let named = |id: &&String| selectors.contains(id);
    let of_group = |group: &Resource| -> Vec<[String; 3]> {
        let member = |id: &String| [id.clone(), group.id.clone(), group.vpc.clone()];
        group.members.iter().filter(named).map(member).collect()
    };
    let by_group: Vec<Vec<[String; 3]>> =
        resources.iter().map(of_group).filter(|instances| !instances.is_empty()).collect();
    if by_group.len() > 1 {
        return Err(Error::MixedInstances { instances: by_group.concat() });
    }
    for name in selectors {
        let of_name: Vec<&Resource> = resources.iter().filter(|group| group.id == *name).collect();
        if let [first, _, ..] = of_name.as_slice() {
            let group = |group: &&Resource| format!("{} in {}", few(&group.members), group.vpc);
            let groups = of_name.iter().map(group).collect();
            return Err(Error::SeveralVpcs { name: name.clone(), groups, instance: first.selector().clone() });
        }
    }
    Ok(())
}

/// Returns the selected resources that this account owns. A selector that matches only resources of other accounts is
/// an error that names the owner.
pub(crate) fn owned(resources: Vec<Resource>, selectors: &[String]) -> Result<Vec<Resource>, Error> {
    for selector in selectors {
        let mut selected = resources.iter().filter(|resource| resource.is_selected(selector));
        if let Some(Resource { kind, name, id, account: Some(account), .. }) = selected.next()
            && selected.all(|other| other.account.is_some())
        {
            return Err(Error::Shared { kind: *kind, name: name.clone(), id: id.clone(), account: account.clone() });
        }
    }
    Ok(resources.into_iter().filter(|resource| resource.account.is_none()).collect())
}

/// Returns the items of `all` that match some selector, or all if there is no selector. A selector that matches nothing
/// is an error that lists the existing names.
pub(crate) fn selected<T>(
    kind: TargetKind,
    selectors: &[String],
    all: Vec<T>,
    is_selected: impl Fn(&T, &str) -> bool,
    known: impl Fn(&[T]) -> Vec<String>,
) -> Result<Vec<T>, Error> {
    let is_missing = |selector: &&String| !all.iter().any(|one| is_selected(one, selector));
    if let Some(selector) = selectors.iter().find(is_missing) {
        return Err(Error::NoMatch { kind: kind.name(), selector: selector.clone(), known: known(&all) });
    }
    let is_meant = |one: &T| selectors.is_empty() || selectors.iter().any(|selector| is_selected(one, selector));
    Ok(all.into_iter().filter(is_meant).collect())
}

/// Checks that a resource has an interface, without which no flow log can be created.
///
/// # Errors
///
/// [`Error::NoInterface`].
pub(crate) fn check_interfaces(resource: &Resource) -> Result<(), Error> {
    if resource.interfaces.is_empty() { Err(Error::NoInterface { what: resource.label() }) } else { Ok(()) }
}

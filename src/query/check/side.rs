//! Tests of what a value belongs to: a resource of a side, or a list in a file.

use ipnet::IpNet;

use super::checker::Checker;
use super::ends::address_of;
use super::error::CheckError;
use super::literal::Wanted;
use crate::diagnostic::{Span, nearest};
use crate::field::Field;
use crate::kind::TargetKind;
use crate::query::ast::{List, Literal, Name};
use crate::query::glob::matches_glob;
use crate::query::owner::{ListFile, Owner};
use crate::query::plan::{Check, Condition, Source};

/// A test of a side by a resource, as typed.
pub(super) struct ResourceTest<'a> {
    pub(super) side: &'a Name,
    pub(super) kind: &'a Name,
    pub(super) selectors: &'a [Literal],
    pub(super) is_bracketed: bool,
}

impl Checker<'_> {
    /// `src sg web`: tests the address of the side; for the local side, the recording interface.
    pub(super) fn resource(&mut self, test: &ResourceTest<'_>) -> Option<Condition> {
        let ResourceTest { side, kind, selectors, is_bracketed } = test;
        if self.results.is_some() {
            return self.fail(CheckError::NotOfGroups { name: side.text.clone(), span: side.span });
        }
        if let ([first, .., last], false) = (selectors, is_bracketed) {
            let names = selectors.iter().map(|selector| selector.text.as_str()).collect::<Vec<_>>().join(", ");
            let list = format!("{} {} ({names})", side.text, kind.text);
            return self.fail(CheckError::BareList { list, span: first.span.to(last.span) });
        }
        let selectors = selectors.iter().map(|selector| self.selectors(selector)).collect::<Option<Vec<_>>>()?;
        let owner = self.owner(side, kind, selectors.concat())?;
        let field = match address_of(&side.text) {
            Field::LocalAddr => Field::Eni,
            field => field,
        };
        Some(Condition::Test(Source::Field(field), Check::Belongs { owner, negated: false }))
    }

    /// The selectors that a literal stands for, each with its place.
    fn selectors(&mut self, selector: &Literal) -> Option<Vec<(String, Span)>> {
        let texts = self.texts(selector)?;
        if texts.iter().any(String::is_empty) {
            return self.fail(CheckError::EmptySelector { span: selector.span });
        }
        Some(texts.into_iter().map(|text| (text, selector.span)).collect())
    }

    fn owner(&mut self, side: &Name, kind: &Name, placed: Vec<(String, Span)>) -> Option<Owner> {
        if kind.text.to_ascii_lowercase().starts_with("network") {
            return self.own_networks(placed);
        }
        let selectors = placed.into_iter().map(|(selector, _)| selector).collect();
        match TargetKind::named(&kind.text) {
            Some(TargetKind::Group | TargetKind::Bucket | TargetKind::All) => {
                self.fail(CheckError::NoSideKind { name: kind.text.to_lowercase(), span: kind.span })
            }
            Some(kind) => Some(Owner::Resources { kind, selectors }),
            None if address_of(&side.text) == Field::LocalAddr => {
                self.fail(CheckError::LocalPrefixList { span: side.span.to(kind.span) })
            }
            None => Some(Owner::PrefixLists { selectors }),
        }
    }

    /// The networks of the config by names or globs; without any, all networks.
    fn own_networks(&mut self, placed: Vec<(String, Span)>) -> Option<Owner> {
        let known = &self.context.named.networks;
        let is_unknown = |(name, _): &&(String, Span)| !known.keys().any(|known| matches_glob(name, known));
        if let Some((name, span)) = placed.iter().find(is_unknown) {
            let suggestion = nearest(name, known.keys().map(String::as_str)).map(Into::into);
            return self.fail(CheckError::UnknownNetwork { name: name.clone(), suggestion, span: *span });
        }
        let names: Vec<String> = placed.into_iter().map(|(name, _)| name).collect();
        let is_meant = |known: &String| names.is_empty() || names.iter().any(|name| matches_glob(name, known));
        let meant: Vec<(&String, &Vec<IpNet>)> = known.iter().filter(|(name, _)| is_meant(name)).collect();
        for (name, _) in meant.iter().filter(|(_, networks)| networks.is_empty()) {
            self.note(format!("the config file gives no network for `{name}`"));
        }
        if meant.is_empty() {
            self.note("the config file has no `[networks]`: no address is in one".into());
        }
        let mut networks: Vec<IpNet> = Vec::new();
        for network in meant.into_iter().flat_map(|(_, networks)| networks) {
            if *network != network.trunc() {
                self.note_masked(&network.to_string(), network.trunc());
            }
            networks.push(network.trunc());
        }
        Some(Owner::Networks { names, networks })
    }

    /// `src.addr in @bad`, `dst.port not in file "ports.txt"`
    pub(super) fn in_list(&mut self, field: &Name, negated: bool, list: &List) -> Option<Condition> {
        if self.results.is_some() {
            return self.fail(CheckError::NotOfGroups { name: field.text.clone(), span: field.span });
        }
        let source = self.source(field)?;
        let listed = match list {
            List::Named(name) => match self.context.named.lists.get(&name.text) {
                Some(file) => ListFile { name: Some(name.text.clone()), file: file.clone() },
                None => {
                    let suggestion = nearest(&name.text, self.context.named.lists.keys().map(String::as_str));
                    let suggestion = suggestion.map(|near| format!("@{near}"));
                    return self.fail(CheckError::UnknownList { name: name.text.clone(), suggestion, span: name.span });
                }
            },
            List::File(file) => {
                let wanted = Wanted { field: &field.text, span: file.span };
                let text = self.keep(wanted.text(&file.text))?;
                ListFile { name: None, file: text.into() }
            }
        };
        Some(Condition::Test(source, Check::Belongs { owner: Owner::List(listed), negated }))
    }
}

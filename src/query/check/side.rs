//! Tests of what values belong to: resources as sides, and lists in files.

use super::checker::Checker;
use super::ends::address_of;
use super::error::CheckError;
use super::literal::Wanted;
use crate::diagnostic::nearest;
use crate::field::Field;
use crate::kind::TargetKind;
use crate::query::ast::{List, Literal, Name};
use crate::query::owner::{ListFile, Owner};
use crate::query::plan::{Check, Condition, Source};

/// A test of a side by a resource, as it stands in the text.
pub(super) struct ResourceTest<'a> {
    pub(super) side: &'a Name,
    pub(super) kind: &'a Name,
    pub(super) selectors: &'a [Literal],
    pub(super) is_bracketed: bool,
}

impl Checker<'_> {
    /// `src sg web`: the address of a side, or the recording interface for the local one.
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

    fn selectors(&mut self, selector: &Literal) -> Option<Vec<String>> {
        let texts = self.texts(selector)?;
        if texts.iter().any(String::is_empty) {
            return self.fail(CheckError::EmptySelector { span: selector.span });
        }
        Some(texts)
    }

    fn owner(&mut self, side: &Name, kind: &Name, selectors: Vec<String>) -> Option<Owner> {
        match TargetKind::named(&kind.text) {
            Some(TargetKind::Group | TargetKind::Bucket | TargetKind::All) => {
                self.fail(CheckError::NoSideKind { name: kind.text.to_lowercase(), span: kind.span })
            }
            Some(kind) => Some(Owner::Resources { kind, selectors }),
            None if kind.text.to_ascii_lowercase().starts_with("network") => self.own_networks(kind, selectors),
            None if address_of(&side.text) == Field::LocalAddr => {
                self.fail(CheckError::LocalPrefixList { span: side.span.to(kind.span) })
            }
            None => Some(Owner::PrefixLists { selectors }),
        }
    }

    /// The networks of the config by their names; none for all.
    fn own_networks(&mut self, kind: &Name, names: Vec<String>) -> Option<Owner> {
        let known = &self.context.named.networks;
        if let Some(name) = names.iter().find(|name| !known.contains_key(*name)) {
            let suggestion = nearest(name, known.keys().map(String::as_str)).map(Into::into);
            return self.fail(CheckError::UnknownNetwork { name: name.clone(), suggestion, span: kind.span });
        }
        let is_meant = |name: &String| names.is_empty() || names.contains(name);
        let networks = known.iter().filter(|(name, _)| is_meant(name)).flat_map(|(_, networks)| networks).copied();
        let networks: Vec<_> = networks.collect();
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

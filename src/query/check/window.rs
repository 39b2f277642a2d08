//! Targets and windows.

use super::checker::Checker;
use super::error::CheckError;
use super::literal;
use crate::diagnostic::Span;
use crate::kind::TargetKind;
use crate::query::ast;
use crate::query::moment::Moment;
use crate::query::plan::Target;
use crate::query::seconds::Unit;
use crate::query::window::{Window, WindowError};

impl Checker<'_> {
    pub(super) fn targets(&mut self, targets: &[ast::Target]) -> Vec<Target> {
        let mut checked: Vec<Target> = Vec::new();
        for target in targets {
            if target.kind == TargetKind::All && !target.selectors.is_empty() {
                self.errors.push(CheckError::AllSelected { span: target.span });
            }
            if target.kind == TargetKind::Group && target.selectors.is_empty() {
                self.errors.push(CheckError::GroupUnnamed { span: target.span });
            }
            if target.kind == TargetKind::Bucket {
                self.errors.push(CheckError::BucketNotRead { span: target.span });
            }
            if target.selectors.iter().any(String::is_empty) {
                self.errors.push(CheckError::EmptySelector { span: target.span });
            }
            checked.push(Target { kind: target.kind, selectors: target.selectors.clone() });
        }
        if checked.is_empty() {
            checked.push(Target { kind: TargetKind::All, selectors: Vec::new() });
        }
        checked
    }

    pub(super) fn window(&mut self, window: &ast::Window, span: Span) -> Option<Window> {
        let (said, start, end) = match window {
            ast::Window::Last(length) => (Window::Last(self.window_length(length)?), span, span),
            ast::Window::Since(moment) => (Window::Since(self.moment(moment)?), moment.span, span),
            ast::Window::Between(from, until) => {
                let moments = (self.moment(from), self.moment(until));
                (Window::Between(moments.0?, moments.1?), from.span, until.span)
            }
            ast::Window::Around(moment, length) => {
                (Window::Around(self.moment(moment)?, self.window_length(length)?), moment.span, span)
            }
            ast::Window::Today => (Window::Today, span, span),
            ast::Window::Yesterday => (Window::Yesterday, span, span),
        };
        if said.is_cut(&self.context.clock) {
            self.note("the window ends in the future: it is cut to now".into());
        }
        let resolved = said.resolve(&self.context.clock).map_err(|error| match error {
            WindowError::Backward => CheckError::BackwardWindow { span },
            WindowError::Future => CheckError::FutureWindow { span: start },
            WindowError::Start(error) => literal::no_time(error, start),
            WindowError::End(error) => literal::no_time(error, end),
        });
        self.keep(resolved).map(|_| said)
    }

    /// Seconds of a window: `30m`, or a unit alone.
    fn window_length(&mut self, length: &ast::Name) -> Option<i64> {
        let one = Unit::named(&length.text).filter(|unit| length.text.eq_ignore_ascii_case(unit.words[0]));
        let seconds = match one {
            Some(unit) => unit.seconds,
            None => self.keep(literal::duration(&length.text, length.span))?,
        };
        if seconds == 0 {
            return self.fail(CheckError::EmptyWindow { span: length.span });
        }
        Some(seconds)
    }

    fn moment(&mut self, moment: &ast::Moment) -> Option<Moment> {
        if moment.ago {
            return self.keep(literal::duration(&moment.text, moment.span)).map(Moment::Ago);
        }
        self.keep(literal::moment(&moment.text, moment.span))
    }
}

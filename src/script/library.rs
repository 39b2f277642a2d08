//! Registers the functions of scripts together with their documentation.

use rhai::Engine;

/// A function that scripts can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionDoc {
    /// Its name.
    pub name: &'static str,
    /// Its signature.
    pub call: &'static str,
    /// A description of its effect and value.
    pub help: &'static str,
}

/// An engine under construction, and the documentation of its functions.
pub(super) struct Library<'e> {
    pub(super) engine: &'e mut Engine,
    pub(super) docs: Vec<FunctionDoc>,
}

/// Adds functions: for each its name, signature, description, and a body over `$world` for each list of arguments.
macro_rules! functions {
    ($library:ident, $world:ident: $($name:literal, $call:literal, $help:literal, $([$($arg:ident: $type:ty),*] $body:expr),+;)+) => {
        $(
            $library.docs.push($crate::script::library::FunctionDoc { name: $name, call: $call, help: $help });
            $({
                let $world = ::std::rc::Rc::clone($world);
                $library.engine.register_fn($name, move |$($arg: $type),*| {
                    let _ = &$world;
                    $body
                });
            })+
        )+
    };
}
pub(super) use functions;

impl Library<'_> {
    /// Documents a function, and returns the engine to register it.
    pub(super) fn doc(&mut self, name: &'static str, call: &'static str, help: &'static str) -> &mut Engine {
        self.docs.push(FunctionDoc { name, call, help });
        self.engine
    }
}

//! The functions of scripts, each with what is said about it.

use rhai::Engine;

/// A function that scripts can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionDoc {
    /// Its name.
    pub name: &'static str,
    /// How it is called.
    pub call: &'static str,
    /// Its effect and its value.
    pub help: &'static str,
}

/// An engine on which functions are registered together with what is said about them.
pub(super) struct Library<'e> {
    pub(super) engine: &'e mut Engine,
    pub(super) docs: Vec<FunctionDoc>,
}

/// Adds functions to a library: the name of each, how it is called, what is said about it, and for each list of arguments
/// what it does in `$world`.
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
    /// The engine, to register the function that this is about.
    pub(super) fn doc(&mut self, name: &'static str, call: &'static str, help: &'static str) -> &mut Engine {
        self.docs.push(FunctionDoc { name, call, help });
        self.engine
    }
}

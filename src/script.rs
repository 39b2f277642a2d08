//! Rhai scripts: the language of automation, over one session.
//!
//! A script creates, lists, deletes and queries as the command line does. Values enter a query as parameters, never as
//! text. The limits and permissions of a script: see `script/limit.rs` and [`Rules`].
//!
//! See <https://rhai.rs/book/>.

mod account;
mod ask;
mod convert;
mod error;
mod file;
mod library;
mod limit;
mod made;
mod network;
mod post;
mod print;
mod report;
mod rows;
mod sandbox;
mod system;
mod time;
mod world;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LanguageCorePackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{AST, Dynamic, Engine, Scope};

use library::Library;

pub use error::{Ended, Error};
pub use library::FunctionDoc;
pub use post::host;
pub use world::{Console, Rules, World};

/// The variable with the rows of the last answer.
const ANSWER: &str = "ans";

/// Runs scripts; their variables and functions live as long as this value.
pub struct Scripts {
    engine: Engine,
    world: Rc<World>,
    docs: Vec<FunctionDoc>,
    scope: Scope<'static>,
    functions: AST,
}

impl Scripts {
    /// Creates an engine for scripts in `world`.
    #[must_use]
    pub fn new(world: World) -> Self {
        let world = Rc::new(world);
        let mut engine = Engine::new_raw();
        LanguageCorePackage::new().register_into_engine(&mut engine);
        ArithmeticPackage::new().register_into_engine(&mut engine);
        LogicPackage::new().register_into_engine(&mut engine);
        BasicMathPackage::new().register_into_engine(&mut engine);
        BasicStringPackage::new().register_into_engine(&mut engine);
        MoreStringPackage::new().register_into_engine(&mut engine);
        BasicIteratorPackage::new().register_into_engine(&mut engine);
        BasicFnPackage::new().register_into_engine(&mut engine);
        BasicArrayPackage::new().register_into_engine(&mut engine);
        BasicMapPackage::new().register_into_engine(&mut engine);
        sandbox::set(&mut engine, &world);
        time::register(&mut engine);
        let mut library = Library { engine: &mut engine, docs: Vec::new() };
        ask::register(&mut library, &world);
        account::register(&mut library, &world);
        network::register(&mut library, &world);
        print::register(&mut library, &world);
        file::register(&mut library, &world);
        post::register(&mut library, &world);
        system::register(&mut library, &world);
        let docs = library.docs;
        Self { engine, world, docs, scope: Scope::new(), functions: AST::empty() }
    }

    /// Returns the functions, in the order of the manual.
    #[must_use]
    pub fn docs(&self) -> &[FunctionDoc] {
        &self.docs
    }

    /// The names of the existing variables.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.scope.iter().map(|(name, _, _)| name)
    }

    /// Returns the environment of scripts.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Runs a file.
    ///
    /// # Errors
    ///
    /// [`Error`], with the position in the file.
    pub fn run_file(&mut self, file: &Path, args: Vec<String>) -> Result<Ended, Error> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Error::unreadable(&file.display().to_string(), &error.to_string()))?;
        self.world.begin(args, file.parent().map(PathBuf::from));
        self.run(&file.display().to_string(), &without_interpreter(&text))
    }

    /// Runs a line, with the variables and functions of earlier lines; a line that fails changes none of them.
    ///
    /// # Errors
    ///
    /// [`Error`], with the position in the line.
    pub fn run_line(&mut self, text: &str) -> Result<Ended, Error> {
        let before = self.scope.clone();
        if text.contains(ANSWER) {
            self.scope.set_or_push(ANSWER, self.world.answer());
        }
        let outcome = self.run("line", text);
        if outcome.is_err() {
            self.scope = before;
        }
        outcome
    }

    fn run(&mut self, name: &str, text: &str) -> Result<Ended, Error> {
        let mut ast = self
            .engine
            .compile_with_scope(&self.scope, text)
            .map_err(|error| Error::of_text(name, text, error.1, &error.0))?;
        ast.set_source(name);
        let whole = self.functions.merge(&ast);
        let outcome = self.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, &whole);
        let outcome = error::ended(name, text, outcome);
        // Rhai's own `print` cannot fail, so a write error of it is reported here.
        let outcome = self.world.unwritable().map_or(outcome, |error| Err(Error::Write(error)));
        let cleanup = self.clean_up(name, text, &whole);
        let outcome = outcome?;
        cleanup?;
        self.functions += ast.clone_functions_only();
        Ok(outcome)
    }

    /// Calls the functions passed to `at_end`, the last one first, even after an error.
    fn clean_up(&self, name: &str, text: &str, ast: &AST) -> Result<(), Error> {
        let mut outcome = Ok(());
        while let Some(function) = self.world.next_at_end() {
            self.world.interrupt().clear();
            let called = function.call::<Dynamic>(&self.engine, ast, ());
            outcome = outcome.and(error::ended(name, text, called).map(|_| ()));
        }
        outcome
    }
}

/// A value as the shell shows it: rows and maps as JSON.
#[must_use]
pub fn shown(value: &Dynamic) -> String {
    if value.is_array() || value.is_map() { convert::to_json(value).to_string() } else { value.to_string() }
}

/// A script with its `#!` line commented out, so that positions stay the same.
fn without_interpreter(text: &str) -> String {
    if text.starts_with("#!") { format!("//{text}") } else { text.to_string() }
}

//! What a script may use up. The same in every build.

use std::path::{Component, Path};
use std::rc::Rc;

use indicatif::{HumanBytes, HumanCount};
use rhai::module_resolvers::FileModuleResolver;
use rhai::{Engine, EvalAltResult, LexError, ModuleResolver, ParseErrorType, Position, Shared};

use super::World;
use super::error::{Stop, thrown};

/// Steps of a script; calls out of it, such as queries, are one each.
const OPERATIONS: u64 = 20_000_000;
/// Functions that call functions.
const CALL_LEVELS: usize = 64;
/// Expressions within expressions, outside and inside of functions.
const EXPRESSION_DEPTHS: (usize, usize) = (64, 32);
/// Bytes of a string: a report with its pictures fits.
const STRING_BYTES: usize = 64 << 20;
/// The rows that `query` gives at once.
pub(super) const ROWS: usize = 100_000;
/// Entries of an array with all arrays in it: rows, and the flags of each.
const ARRAY_ENTRIES: usize = 10 * ROWS;
/// Entries of a map, or of all maps in an array: rows of twenty columns.
const MAP_ENTRIES: usize = 20 * ROWS;
/// Variables at one time.
const VARIABLES: usize = 1_000;
/// Functions of one script.
const FUNCTIONS: usize = 1_000;
/// Files that a script imports.
const MODULES: usize = 32;

pub(super) fn set(engine: &mut Engine, world: &Rc<World>) {
    engine
        .set_max_operations(OPERATIONS)
        .set_max_call_levels(CALL_LEVELS)
        .set_max_expr_depths(EXPRESSION_DEPTHS.0, EXPRESSION_DEPTHS.1)
        .set_max_string_size(STRING_BYTES)
        .set_max_array_size(ARRAY_ENTRIES)
        .set_max_map_size(MAP_ENTRIES)
        .set_max_variables(VARIABLES)
        .set_max_functions(FUNCTIONS)
        .set_max_modules(MODULES)
        .disable_symbol(EVAL)
        .set_module_resolver(FolderOfScript { world: Rc::clone(world) });
    let world = Rc::clone(world);
    engine.on_progress(move |_| world.stop().map(Stop::into_dynamic));
}

/// The function that runs text, which is nobody's to review.
const EVAL: &str = "eval";

/// Names the limit that a script met, if it is one.
pub(super) fn message(error: &EvalAltResult) -> Option<String> {
    let number = |number: usize| HumanCount(number as u64);
    Some(match error {
        EvalAltResult::ErrorTooManyOperations(_) => {
            format!("too many steps: a script has {}", HumanCount(OPERATIONS))
        }
        EvalAltResult::ErrorTooManyVariables(_) => {
            format!("too many variables: a script has {} at a time", number(VARIABLES))
        }
        EvalAltResult::ErrorTooManyModules(_) => format!("too many imports: a script has {MODULES}"),
        EvalAltResult::ErrorStackOverflow(_) => format!("too many calls: functions call functions {CALL_LEVELS} deep"),
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("string") => {
            format!("a string is too long: with what it stands in, it has {} at most", HumanBytes(STRING_BYTES as u64))
        }
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("map") => {
            format!("a map is too large: with what it holds, it has {} entries at most", number(MAP_ENTRIES))
        }
        EvalAltResult::ErrorDataTooLarge(..) => {
            format!("an array is too large: with what it holds, it has {} entries at most", number(ARRAY_ENTRIES))
        }
        _ => return None,
    })
}

/// Says why a script may not be read, where that is a limit and no mistake.
pub(super) fn forbidden(reason: &ParseErrorType) -> Option<String> {
    let is_eval = matches!(reason, ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) if symbol == EVAL)
        || matches!(reason, ParseErrorType::Reserved(symbol) if symbol == EVAL);
    is_eval.then(|| "a script cannot use `eval`: what it runs stands in its file".into())
}

/// Imports files that lie beside the script, or below it.
struct FolderOfScript {
    world: Rc<World>,
}

impl ModuleResolver for FolderOfScript {
    fn resolve(
        &self,
        engine: &Engine,
        source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<rhai::Module>, Box<EvalAltResult>> {
        let Some(folder) = self.world.folder() else {
            return Err(thrown("import", "there is no script whose folder could be imported from", None));
        };
        let is_below = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !is_below {
            let help = Some("an import is a file in the script's own folder, or below it".to_string());
            let mut refused = thrown("import", &format!("cannot import `{path}`"), help);
            refused.set_position(position);
            return Err(refused);
        }
        let resolver = FileModuleResolver::new_with_path(folder);
        resolver.resolve(engine, source, path, position)
    }
}

//! What a script may use up. The same in every build.

use std::path::{Component, Path};
use std::rc::Rc;

use rhai::module_resolvers::FileModuleResolver;
use rhai::{Engine, EvalAltResult, ModuleResolver, Position, Shared};

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
        .disable_symbol("eval")
        .set_module_resolver(FolderOfScript { world: Rc::clone(world) });
    let world = Rc::clone(world);
    engine.on_progress(move |_| world.stop().map(Stop::into_dynamic));
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
            return Err(thrown("import", &format!("cannot import `{path}`"), help));
        }
        let resolver = FileModuleResolver::new_with_path(folder);
        resolver.resolve(engine, source, path, position)
    }
}

//! Enforces the limits of scripts: steps, memory, imports, Ctrl-C.

use std::path::{Component, Path};
use std::rc::Rc;

use rhai::module_resolvers::FileModuleResolver;
use rhai::{Engine, EvalAltResult, ModuleResolver, Position, Shared};

use super::error::{Stop, thrown};
use super::limit::{
    ARRAY_ENTRIES, CALL_LEVELS, EVAL, EXPRESSION_DEPTHS, FUNCTIONS, MAP_ENTRIES, MEMORY_BYTES, MODULES, STRING_BYTES,
    VARIABLES,
};
use super::world::World;

/// Sets the limits of an engine.
pub(super) fn set(engine: &mut Engine, world: &Rc<World>) {
    engine
        // Steps are counted below, because a script gets more steps for each row that it reads.
        .set_max_operations(0)
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
    let before = memory_bytes();
    engine.on_progress(move |steps| {
        let is_over = steps.is_multiple_of(STEPS_BETWEEN_LOOKS) && memory_bytes().saturating_sub(before) > MEMORY_BYTES;
        let stop = match is_over {
            true => Some(Stop::OutOfMemory),
            false if steps > world.steps() => Some(Stop::TooManySteps),
            false => world.stop(),
        };
        stop.map(Stop::into_dynamic)
    });
}

/// The number of steps between two checks of the memory. A check takes a microsecond, and a step may allocate a string
/// of the largest size.
const STEPS_BETWEEN_LOOKS: u64 = 64;

/// The memory of the process; 0 if the system does not report it. Rhai counts the size of each value when it is made,
/// but not the growth of an array whose entry is assigned.
fn memory_bytes() -> usize {
    memory_stats::memory_stats().map_or(0, |memory| memory.physical_mem)
}

/// Imports files from the script's folder, or from folders below it.
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

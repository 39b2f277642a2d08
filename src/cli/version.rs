//! The version of the program, and how it was built.

use std::sync::LazyLock;

/// The commit of a release build, set by its builder.
const COMMIT: Option<&str> = option_env!("FLOWLOGS_COMMIT");

static LONG: LazyLock<String> = LazyLock::new(|| {
    let features = [("aws", cfg!(feature = "aws")), ("local", cfg!(feature = "local"))];
    let features: Vec<&str> = features.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| name).collect();
    let features = if features.is_empty() { "none".into() } else { features.join(", ") };
    let [system, processor] = [std::env::consts::OS, std::env::consts::ARCH];
    let library = if cfg!(target_env = "musl") { " musl" } else { "" };
    let commit = COMMIT.unwrap_or("unknown");
    let version = env!("CARGO_PKG_VERSION");
    format!("{version}\ncommit {commit}, {system}{library} {processor}, features: {features}")
});

/// Returns the version, and a line with the commit, the target and the features.
pub(super) fn long() -> &'static str {
    &LONG
}

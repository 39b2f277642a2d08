//! Files and folders that nobody but the user may read.

use std::fs::{DirBuilder, OpenOptions};

/// Options that create a private file.
#[cfg(unix)]
#[must_use]
pub fn private_file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Options that create a private file.
#[cfg(not(unix))]
#[must_use]
pub fn private_file() -> OpenOptions {
    OpenOptions::new()
}

/// A builder of private folders.
#[cfg(unix)]
#[must_use]
pub fn private_folder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut folder = DirBuilder::new();
    folder.mode(0o700);
    folder
}

/// A builder of private folders.
#[cfg(not(unix))]
#[must_use]
pub fn private_folder() -> DirBuilder {
    DirBuilder::new()
}

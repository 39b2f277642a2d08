//! The errors of an account, over those of its parts.

#[cfg(feature = "aws")]
use super::aws::Error as AwsError;
use super::local::record_ids::Error as PlainError;
use super::local::state::Error as EmbeddedError;
use super::{inventory, select};
use crate::engine;
use crate::query::check::ListError;
use crate::query::owner::ListFile;

/// An error of an account.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `create vpc` with plain files, which have no account.
    #[error("these are files, not an account: they can only be queried")]
    NotAnAccount,
    /// `--inventory FILE` with an account, which has an inventory already.
    #[error("`{folder}` is an account with an inventory of its own")]
    OwnInventory {
        /// The account's folder.
        folder: String,
    },
    /// A selector selects nothing.
    #[error(transparent)]
    Select(#[from] select::Error),
    /// Plain files cannot answer.
    #[error(transparent)]
    Plain(#[from] PlainError),
    /// The folder of an embedded account is invalid or in use.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// AWS refuses the request or cannot be reached.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Aws(AwsError),
    /// The inventory is not valid.
    #[error(transparent)]
    Inventory(#[from] inventory::Error),
    /// The files could not be read, or the query could not be run.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// `src.addr in @bad`, whose file cannot be read.
    #[error("cannot read {} (`{}`): {source}", list.name.as_ref().map_or("the list".into(), |name| format!("@{name}")), list.file.display())]
    List {
        /// The list.
        list: ListFile,
        /// The reason.
        source: ListError,
    },
    /// The consumer of the rows failed.
    #[error("cannot write the rows: {0}")]
    Sink(std::io::Error),
    /// `explain --estimate` with files.
    #[error("a query of files costs nothing")]
    NoCost,
    /// `.schema` with an account on AWS.
    #[error("there are no files: records are in log groups")]
    NoFiles,
    /// `explain --console` with files.
    #[error("files have no console")]
    NoConsole,
    /// `rate(bytes)` with files and no window.
    #[error("`{what}` needs a window")]
    NoWindow {
        /// The function or the stage.
        what: &'static str,
    },
    /// `follow` with records from a pipe.
    #[error("a pipe cannot be followed")]
    NotFollowed,
}

impl Error {
    /// A hint for the user.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotAnAccount => Some("an account is a folder with `inventory.json`".into()),
            Self::Select(error) => error.help(),
            Self::Plain(error) => error.help(),
            Self::Embedded(error) => error.help(),
            Self::Engine(error) => error.help(),
            Self::OwnInventory { .. } => Some("leave `--inventory` out".into()),
            #[cfg(feature = "aws")]
            Self::Aws(error) => error.help(),
            Self::NoWindow { .. } => Some("for example `last 1h`, or `from T to T`".into()),
            Self::NoFiles => Some("`list --all` shows the flow logs with their formats".into()),
            Self::NotFollowed => Some("pass the growing file with `--local`".into()),
            Self::Inventory(_) | Self::List { .. } | Self::Sink(_) | Self::NoCost | Self::NoConsole => None,
        }
    }

    /// Returns whether the same command may succeed later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            #[cfg(feature = "aws")]
            Self::Aws(error) => error.is_passing(),
            _ => false,
        }
    }

    /// Returns whether the reader of the rows closed the pipe.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        let (Self::Engine(engine::Error::Sink(sink)) | Self::Sink(sink)) = self else { return false };
        sink.kind() == std::io::ErrorKind::BrokenPipe
    }
}

#[cfg(feature = "aws")]
impl From<AwsError> for Error {
    /// Errors that are common to all kinds of accounts become the common variants.
    fn from(error: AwsError) -> Self {
        match error {
            AwsError::Select(error) => Self::Select(error),
            AwsError::Sink(error) => Self::Sink(error),
            AwsError::Geo(error) => Self::Engine(error),
            error => Self::Aws(error),
        }
    }
}

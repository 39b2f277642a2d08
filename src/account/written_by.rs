//! The program that wrote a file of an account. The file names it, so that an older program can say which newer one
//! reads the file.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The program's name and version, as written to a file; ignored when the file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrittenBy;

impl Serialize for WrittenBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(concat!("flowlogs ", env!("CARGO_PKG_VERSION")))
    }
}

impl<'de> Deserialize<'de> for WrittenBy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IgnoredAny).map(|_| Self)
    }
}

/// The error of an unsupported schema version, with the program that supports it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("version {version}, written by {program}; this is flowlogs {}, which reads version {known}", env!("CARGO_PKG_VERSION"))]
pub struct UnknownSchema {
    version: u32,
    program: String,
    known: u32,
}

/// The part of a file that all its versions have.
#[derive(Deserialize)]
struct Head {
    version: u32,
    written_by: Option<String>,
}

/// Checks the version of a schema before the rest of a file is read: a later version may have other keys.
pub(super) fn check_schema(text: &str, known: u32) -> Result<(), UnknownSchema> {
    match serde_json::from_str::<Head>(text) {
        Ok(Head { version, written_by }) if version != known => {
            let program = written_by.unwrap_or_else(|| "another program".into());
            Err(UnknownSchema { version, program, known })
        }
        // A file that does not parse at all is reported by the caller.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_schema_names_its_program_whatever_else_the_file_has() {
        let text = r#"{"written_by": "flowlogs 2.1.0", "version": 2, "new": {"a": 1}}"#;
        let says = check_schema(text, 1).unwrap_err().to_string();
        let own = env!("CARGO_PKG_VERSION");
        assert_eq!(
            says,
            format!("version 2, written by flowlogs 2.1.0; this is flowlogs {own}, which reads version 1")
        );
        assert!(check_schema(r#"{"version": 9}"#, 1).unwrap_err().to_string().contains("by another program"));
        assert!(check_schema(text, 2).is_ok() && check_schema("no JSON", 1).is_ok());
        assert_eq!(serde_json::to_string(&WrittenBy).unwrap(), format!("\"flowlogs {own}\""));
        assert_eq!(serde_json::from_str::<WrittenBy>("\"flowlogs 0.9\"").unwrap(), WrittenBy);
    }
}

//! The location and the owner of addresses, from files in MMDB format that the user names.
//!
//! Format: <https://maxmind.github.io/MaxMind-DB/>.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use maxminddb::{LookupResult, PathElement, Reader};

use crate::engine::Error;
use crate::field::Location;
use crate::value::Value;

type Database = Reader<Vec<u8>>;

/// Geolocation files, read when they are first needed.
#[derive(Debug, Default)]
pub struct Geo {
    files: Vec<PathBuf>,
    databases: OnceLock<Vec<Database>>,
}

impl Geo {
    /// The files; none is read yet.
    #[must_use]
    pub fn new(files: Vec<PathBuf>) -> Self {
        Self { files, databases: OnceLock::new() }
    }

    /// Reads the files, unless that was done before.
    ///
    /// # Errors
    ///
    /// [`Error::NeedsGeo`] if there are none, [`Error::Geo`] for one that cannot be read.
    pub fn open(&self, field: &str) -> Result<(), Error> {
        if self.databases.get().is_some() {
            return Ok(());
        }
        if self.files.is_empty() {
            return Err(Error::NeedsGeo { name: field.into() });
        }
        let databases = self.files.iter().map(|file| opened(file)).collect::<Result<Vec<_>, _>>()?;
        // Another thread may have been first, with the same files.
        let _ = self.databases.set(databases);
        Ok(())
    }

    /// The location of an address, as text or as the number of an autonomous system, from the first file that has one.
    #[must_use]
    pub fn find(&self, what: Location, address: IpAddr) -> Value {
        let databases = self.databases.get().into_iter().flatten();
        let found = databases.filter_map(|database| database.lookup(address).ok());
        found.map(|entry| value(what, &entry)).find(|value| *value != Value::Absent).unwrap_or(Value::Absent)
    }
}

fn opened(file: &Path) -> Result<Database, Error> {
    Reader::open_readfile(file).map_err(|error| Error::Geo { file: file.to_path_buf(), reason: error.to_string() })
}

/// The value in an entry. Each maker of such files has other keys for it.
fn value(what: Location, entry: &LookupResult<'_, Vec<u8>>) -> Value {
    let text = |paths: &[&[&str]]| paths.iter().find_map(|path| text_at(entry, path));
    match what {
        Location::Country => {
            let paths: [&[&str]; 3] = [&["country", "iso_code"], &["country"], &["registered_country", "iso_code"]];
            text(&paths).map_or(Value::Absent, |code| Value::Text(code.as_str().into()))
        }
        Location::Organisation => {
            let paths: [&[&str]; 3] = [&["autonomous_system_organization"], &["as_name"], &["organization"]];
            text(&paths).map_or(Value::Absent, |name| Value::Text(name.as_str().into()))
        }
        Location::System => {
            let path = [PathElement::Key("autonomous_system_number")];
            let number = entry.decode_path::<u32>(&path).ok().flatten();
            let written = || text(&[&["asn"]])?.trim_start_matches("AS").parse().ok();
            number.or_else(written).map_or(Value::Absent, |number| Value::Int(number.into()))
        }
    }
}

fn text_at(entry: &LookupResult<'_, Vec<u8>>, path: &[&str]) -> Option<String> {
    let path: Vec<PathElement<'_>> = path.iter().map(|key| PathElement::Key(key)).collect();
    entry.decode_path(&path).ok().flatten()
}

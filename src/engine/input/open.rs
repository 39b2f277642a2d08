//! Opens files: reads the head of each to find its format and layout, several files at a time.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crate::engine::Error;
use crate::engine::format::{Csv, Empty, Json, JsonShape, LogFile, Parquet, Records, Text};
use crate::engine::record::{Layout, cores, flow_log_of};
use crate::engine::store::{READ_BYTES, Raw, Stamp, Storage, read_error};

use super::sniff::{Sniffed, sniff};

/// The sizes of a head that are tried in turn: usually the first is enough, comments may need more.
const HEAD_BYTES: [u64; 3] = [8 << 10, 128 << 10, 1 << 20];

/// The number of stored bytes of a head to read at a time.
const HEAD_READ_BYTES: usize = 8 << 10;

/// Fewer files are not worth a further thread.
const FILES_PER_THREAD: usize = 16;

/// A file to be opened.
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) name: String,
    /// Whether it was named, rather than found in a folder.
    pub(super) is_named: bool,
    /// Whether its bytes can be read only once.
    pub(super) is_stream: bool,
}

/// A file whose head was read.
pub(super) enum Opened {
    Log(LogFile),
    /// Not a flow log that can be read, with the reason.
    Other(Unreadable),
}

/// The reason why a file is not a flow log that can be read.
pub(super) struct Unreadable {
    pub(super) reason: String,
    /// Whether the format of its records is all that is missing.
    pub(super) lacks_format: bool,
}

impl From<String> for Unreadable {
    fn from(reason: String) -> Self {
        Self { reason, lacks_format: false }
    }
}

/// Opens files; the results are in the order of the places.
pub(super) fn open_all(places: &[Place], format: Option<&Layout>) -> Vec<Result<Opened, Error>> {
    let threads = places.len().div_ceil(FILES_PER_THREAD).clamp(1, cores());
    let open_each = |places: &[Place]| places.iter().map(|place| open(place, format)).collect::<Vec<_>>();
    if threads == 1 {
        return open_each(places);
    }
    thread::scope(|scope| {
        let parts = places.chunks(places.len().div_ceil(threads));
        let threads: Vec<_> = parts.map(|places| scope.spawn(|| open_each(places))).collect();
        let opened = threads.into_iter().map(|thread| match thread.join() {
            Ok(opened) => opened,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        opened.flatten().collect()
    })
}

fn open(place: &Place, format: Option<&Layout>) -> Result<Opened, Error> {
    let failed = |source| Error::Read { file: place.name.clone(), source };
    if !place.is_stream {
        return open_file(&place.path, &place.name, format);
    }
    let stream: Box<dyn Read + Send> = if place.path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&place.path).map_err(failed)?)
    };
    open_stream(place, stream, format)
}

fn open_file(path: &Path, name: &str, format: Option<&Layout>) -> Result<Opened, Error> {
    let cannot_read = |source| Error::Read { file: name.into(), source };
    let file = File::open(path).map_err(cannot_read)?;
    let metadata = file.metadata().map_err(cannot_read)?;
    let raw = Raw::open(file).map_err(cannot_read)?;
    let found = if raw.is_parquet() {
        Parquet::open(path, name)?.map(|(parquet, layout)| (layout, Box::new(parquet) as _)).map_err(Unreadable::from)
    } else {
        let storage = Storage::of_file(&raw, metadata.len());
        let mut reader = raw.decoded(HEAD_READ_BYTES).map_err(|error| read_error(name, error))?;
        records(read_head(&mut reader, name, format)?.1, storage)
    };
    Ok(match found {
        Ok((layout, records)) => Opened::Log(LogFile {
            name: name.into(),
            path: path.into(),
            flow_log: path.file_name().and_then(|name| flow_log_of(name.to_str()?)).map(Arc::from),
            stamp: Some(Stamp::of(&metadata)),
            layout: Arc::new(layout.below(path)),
            records,
        }),
        Err(unreadable) => Opened::Other(unreadable),
    })
}

/// Opens bytes as a pipe would give them.
#[cfg(fuzzing)]
pub(crate) fn open_bytes(bytes: Vec<u8>) -> Option<LogFile> {
    let place = Place { path: "-".into(), name: "bytes".into(), is_named: true, is_stream: true };
    match open_stream(&place, Box::new(io::Cursor::new(bytes)), None) {
        Ok(Opened::Log(file)) => Some(file),
        _ => None,
    }
}

/// Opens a pipe, and keeps its head.
fn open_stream(place: &Place, reader: Box<dyn Read + Send>, format: Option<&Layout>) -> Result<Opened, Error> {
    let name = &place.name;
    let raw = Raw::open(reader).map_err(|source| Error::Read { file: name.clone(), source })?;
    if raw.is_parquet() {
        let reason = "parquet is read from files only: its index is at the end".to_string();
        return Ok(Opened::Other(reason.into()));
    }
    let raw_bytes = raw.counter();
    let mut rest = raw.decoded(READ_BYTES).map_err(|error| read_error(name, error))?;
    let (head, sniffed) = read_head(&mut rest, name, format)?;
    let storage = Storage::pipe(io::Cursor::new(head).chain(rest), raw_bytes);
    Ok(match records(sniffed, storage) {
        Ok((layout, records)) => {
            let (name, path) = (name.clone(), place.path.clone());
            Opened::Log(LogFile { name, path, flow_log: None, stamp: None, layout: Arc::new(layout), records })
        }
        Err(unreadable) => Opened::Other(unreadable),
    })
}

/// Reads the head of a text; returns it and the detected format. If the text is damaged, the head ends there, so that
/// the records before the damage are found; reading them reports the damage.
fn read_head(reader: &mut dyn Read, name: &str, format: Option<&Layout>) -> Result<(Vec<u8>, Sniffed), Error> {
    let mut head = Vec::new();
    for bytes in HEAD_BYTES {
        let missing = bytes - head.len() as u64;
        let damage = reader.take(missing).read_to_end(&mut head).err();
        let is_whole = damage.is_none() && (head.len() as u64) < bytes;
        let sniffed = sniff(&head, is_whole, format);
        // Records as objects may leave out what they do not have: the more of them are seen, the better.
        let may_lack_names = matches!(sniffed, Sniffed::Json(_, JsonShape::Records(_))) && bytes < HEAD_BYTES[2];
        match (damage, &sniffed) {
            (None, _) if may_lack_names && !is_whole => {}
            (Some(error), Sniffed::Nothing | Sniffed::NoHeader(_) | Sniffed::Other(_)) => {
                return Err(read_error(name, error));
            }
            (None, Sniffed::Nothing) if !is_whole => {}
            _ => return Ok((head, sniffed)),
        }
    }
    Ok((head, Sniffed::Other("there is no record in its first MiB".into())))
}

/// The records after a head, one line per format; the error is the reason why there are none.
fn records(head: Sniffed, storage: Storage) -> Result<(Layout, Box<dyn Records>), Unreadable> {
    match head {
        Sniffed::Nothing => Ok((Layout::default_format(), Box::new(Empty))),
        Sniffed::Records(layout) => Ok((layout, Box::new(Text::new(storage)))),
        Sniffed::Json(layout, shape) => Ok((layout, Box::new(Json::new(storage, shape)))),
        Sniffed::Csv(layout, shape) => Ok((layout, Box::new(Csv::new(storage, shape)))),
        Sniffed::NoHeader(reason) => Err(Unreadable { reason, lacks_format: true }),
        Sniffed::Other(reason) => Err(reason.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::record::Part;

    const RECORD: &str =
        "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n";

    #[test]
    fn a_pipe_is_looked_at_and_then_read_from_its_start() {
        let place = Place { path: "-".into(), name: "standard input".into(), is_named: true, is_stream: true };
        let open = |text: &'static str| open_stream(&place, Box::new(io::Cursor::new(text)), None).unwrap();
        let Opened::Log(file) = open(RECORD) else { panic!() };
        let (outlet, _open) = tokio::sync::mpsc::channel(1);
        let times = file.records.times(&file, &Part::Whole, &outlet).unwrap();
        assert_eq!((times.newest, times.rows), (1_418_530_010, 1));
        assert!(matches!(open("PAR1"), Opened::Other(_)));
    }
}

//! The history of the shell: a file with one entry per line, which is only ever appended to.
//!
//! Two shells may write at once, and the machine may stop at any moment. So an entry is a single write at the end of
//! the file, nothing is rewritten, and any bytes can be read: invalid UTF-8 is shown as U+FFFD.
//!
//! After the line `#V2`, a line break inside an entry is written as `\n`, and a backslash as `\\`; before it, entries
//! are unescaped. That is the format of rustyline, which wrote the file before.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::escape::is_hidden;
use crate::private::{private_file, private_folder};

/// The line after which entries are escaped.
const MARK: &str = "#V2";

/// The most bytes that are read, from the end of the file.
const MOST_BYTES: u64 = 4 << 20;

/// The most entries that an editor keeps.
pub(super) const MOST_ENTRIES: usize = 10_000;

/// A file of entries.
#[derive(Debug)]
pub(super) struct History {
    path: PathBuf,
    /// Whether the entries at its end are escaped.
    is_marked: bool,
}

impl History {
    /// The history in this file, which may not exist yet.
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, is_marked: false }
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the entries, the oldest first.
    ///
    /// # Errors
    ///
    /// I/O errors of an existing file.
    pub(super) fn read(&mut self) -> io::Result<Vec<String>> {
        let length = match fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Ok(_) => return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a file")),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut file = File::open(&self.path)?;
        // If that is refused, the entries are still read.
        let _ = make_private(&file);
        let start = length.saturating_sub(MOST_BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut bytes)?;
        // Only this program writes so long a file, and the first line is incomplete.
        self.is_marked = start > 0;
        let mut lines = bytes.split(|byte| *byte == b'\n').skip(usize::from(start > 0));
        Ok(lines.by_ref().filter_map(|line| self.entry(line)).collect())
    }

    /// The entry in a line; `None` for a mark and a blank line.
    fn entry(&mut self, line: &[u8]) -> Option<String> {
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
        if line == MARK {
            self.is_marked = true;
            return None;
        }
        let entry = if self.is_marked { unescape(&line) } else { line.into_owned() };
        (!entry.trim().is_empty()).then(|| visible(&entry))
    }

    /// Appends an entry, in one write.
    ///
    /// # Errors
    ///
    /// I/O errors of the file.
    pub(super) fn append(&mut self, entry: &str) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            private_folder().recursive(true).create(folder)?;
        }
        let mut file = private_file().read(true).append(true).create(true).open(&self.path)?;
        make_private(&file)?;
        let mut text = String::new();
        let is_empty = file.metadata()?.len() == 0;
        if !is_empty && !ends_in_line_end(&mut file)? {
            text.push('\n');
        }
        if is_empty || !self.is_marked {
            text.push_str(MARK);
            text.push('\n');
        }
        text.push_str(&escape(entry));
        text.push('\n');
        file.write_all(text.as_bytes())?;
        self.is_marked = true;
        Ok(())
    }
}

/// Returns whether the last line is complete.
fn ends_in_line_end(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

fn escape(entry: &str) -> String {
    entry.replace('\\', "\\\\").replace('\n', "\\n")
}

/// Unescapes an entry; a backslash that escapes nothing stands for itself.
fn unescape(line: &str) -> String {
    let mut entry = String::with_capacity(line.len());
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let escaped = match (letter, letters.peek()) {
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('\\')) => Some('\\'),
            _ => None,
        };
        if escaped.is_some() {
            letters.next();
        }
        entry.push(escaped.unwrap_or(letter));
    }
    entry
}

/// An entry for the editor, with hidden characters replaced by U+FFFD.
pub(super) fn visible(entry: &str) -> String {
    let is_layout = |letter: char| matches!(letter, '\n' | '\t');
    entry.chars().map(|letter| if is_hidden(letter) && !is_layout(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Makes a file that others could read private.
#[cfg(unix)]
fn make_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let is_open = file.metadata()?.permissions().mode() & 0o077 != 0;
    if is_open { file.set_permissions(fs::Permissions::from_mode(0o600)) } else { Ok(()) }
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn make_private(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn history(bytes: &[u8]) -> (TempDir, History) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("history");
        fs::write(&path, bytes).unwrap();
        (folder, History::new(path))
    }

    #[test]
    fn what_can_be_read_of_a_damaged_file_is_there_and_stays() {
        for (bytes, entries) in [
            (&b""[..], vec![]),
            (b"\n\n", vec![]),
            (b"#V2\n", vec![]),
            (b"sg web\nlist\n", vec!["sg web", "list"]),
            // Before the mark, a backslash is a plain character.
            (b"eni ~ /a\\n/\n#V2\nvpc\\n| count()\n", vec!["eni ~ /a\\n/", "vpc\n| count()"]),
            (b"#V2\r\nlist\r\nvpc prod\r\n", vec!["list", "vpc prod"]),
            (b"#V2\nlist\nlist\nvpc prod wh", vec!["list", "list", "vpc prod wh"]),
            (
                b"#V2\n\0\0\0\0list\nz\xfcrich\n\x1b]0;x\x07\nvpc\n",
                vec!["\u{fffd}\u{fffd}\u{fffd}\u{fffd}list", "z\u{fffd}rich", "\u{fffd}]0;x\u{fffd}", "vpc"],
            ),
            (b"#V2\na\\\\nb\\\\\\nc\\x\\\n", vec!["a\\nb\\\nc\\x\\"]),
        ] {
            let (_folder, mut history) = history(bytes);
            assert_eq!(history.read().unwrap(), entries);
            history.append("a\\b\nc").unwrap();
            let after = fs::read(history.path()).unwrap();
            assert!(after.starts_with(bytes), "{:?}", String::from_utf8_lossy(&after));
            let mut all = entries;
            all.push("a\\b\nc");
            assert_eq!(history.read().unwrap(), all);
        }
    }

    #[test]
    fn a_file_longer_than_is_read_has_its_last_entries() {
        let mut text = String::from("#V2\n");
        let line = format!("{}\n", "x".repeat(1023));
        text.push_str(&line.repeat(5 << 10));
        text.push_str("vpc\\nprod\n");
        let (_folder, mut history) = history(text.as_bytes());
        let entries = history.read().unwrap();
        assert_eq!(entries.last().unwrap(), "vpc\nprod");
        assert!(entries[0] == line.trim_end() && entries.len() > 4_000, "{}", entries.len());
    }

    #[test]
    fn a_folder_in_its_place_is_an_error_and_no_file_is_none() {
        let folder = TempDir::new().unwrap();
        let mut in_place = History::new(folder.path().into());
        assert!(in_place.read().is_err() && in_place.append("list").is_err());
        let mut none = History::new(folder.path().join("state/flowlogs/history"));
        assert_eq!(none.read().unwrap(), Vec::<String>::new());
        none.append("list").unwrap();
        assert_eq!(none.read().unwrap(), ["list"]);
    }

    #[test]
    fn two_that_write_at_once_lose_and_tear_nothing() {
        const ENTRIES: usize = 200;
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("history");
        std::thread::scope(|scope| {
            for writer in ["sg", "vpc"] {
                let mut history = History::new(path.clone());
                scope.spawn(move || {
                    for number in 0..ENTRIES {
                        history.append(&format!("{writer} {number}\n| count()")).unwrap();
                    }
                });
            }
        });
        let entries = History::new(path).read().unwrap();
        assert_eq!(entries.len(), 2 * ENTRIES);
        for writer in ["sg", "vpc"] {
            let own: Vec<&String> = entries.iter().filter(|entry| entry.starts_with(writer)).collect();
            let expected: Vec<String> = (0..ENTRIES).map(|number| format!("{writer} {number}\n| count()")).collect();
            assert_eq!(own, expected.iter().collect::<Vec<_>>());
        }
    }

    #[cfg(unix)]
    #[test]
    fn others_cannot_read_it_even_where_they_could() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, mut history) = history(b"#V2\n");
        fs::set_permissions(history.path(), fs::Permissions::from_mode(0o644)).unwrap();
        let mode = |history: &History| fs::metadata(history.path()).unwrap().permissions().mode() & 0o777;
        history.append("list").unwrap();
        assert_eq!(mode(&history), 0o600);
        fs::set_permissions(history.path(), fs::Permissions::from_mode(0o640)).unwrap();
        history.read().unwrap();
        assert_eq!(mode(&history), 0o600);
    }
}

//! Decompresses a gzip file and drops the result: the lower bound for the time of reading it.

use std::fs::File;
use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

fn main() -> io::Result<()> {
    let path = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("which file?"))?;
    let mut text = MultiGzDecoder::new(BufReader::with_capacity(256 << 10, File::open(path)?));
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        match text.read(&mut buffer)? {
            0 => break,
            read => bytes += read,
        }
    }
    println!("{bytes}");
    Ok(())
}

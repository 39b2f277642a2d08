//! HTTP/1.1, as far as the SDK needs it: POST with a length, and connections that stay open.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// The largest request in bytes.
const LARGEST: usize = 1 << 20;

pub(super) struct Request {
    /// The value of `X-Amz-Target`.
    pub(super) target: String,
    pub(super) body: Vec<u8>,
}

pub(super) struct Response {
    pub(super) status: u16,
    /// The name of the error, if the response is one.
    pub(super) error: Option<&'static str>,
    pub(super) body: String,
}

/// Answers requests until the client closes the connection.
pub(super) fn serve(stream: &TcpStream, answer: impl Fn(&Request) -> Response) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        if write(stream, &answer(&request)).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let (mut target, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => target = value.trim().to_string(),
            "content-length" => length = value.trim().parse().ok().filter(|length| *length <= LARGEST)?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { target, body })
}

fn write(mut stream: &TcpStream, response: &Response) -> std::io::Result<()> {
    let reason = if response.status == 200 { "OK" } else { "Bad Request" };
    let error = response.error.map(|name| format!("x-amzn-ErrorType: {name}\r\n")).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: application/x-amz-json-1.1\r\n{error}Content-Length: {}\r\n\r\n",
        response.status,
        response.body.len()
    );
    stream.write_all((head + response.body.as_str()).as_bytes())?;
    stream.flush()
}

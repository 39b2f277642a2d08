//! A proxy on loopback in front of moto, for the failures that moto does not have.

#![allow(dead_code, reason = "each test uses a part")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A call on its way to moto.
pub(crate) struct Call {
    /// The number of calls before it.
    pub(crate) number: usize,
    /// `CreateFlowLogs`
    pub(crate) action: String,
    /// The whole request.
    pub(crate) request: String,
}

/// The fate of a call.
pub(crate) enum Verdict {
    Pass,
    /// moto gets it later.
    Delay(Duration),
    /// moto does not get it; the caller gets an error of this code and message.
    Refuse(&'static str, String),
    /// moto does not get it; the caller gets this body.
    Answer(String),
    /// moto does it, but the caller gets no answer.
    LoseAnswer,
    /// moto does it, but the caller gets a fault of the service.
    Fault,
    /// moto does not get it; the caller gets the status 500.
    Error500,
    /// moto does not get it, and the connection breaks.
    Break,
}

/// A proxy that decides on each call.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// Every request so far.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

/// Answers a call that is passed on, with the whole response.
type Answer = dyn Fn(&Call) -> std::io::Result<Vec<u8>> + Send + Sync;

impl Proxy {
    pub(crate) fn new(moto: u16, decide: impl Fn(&Call) -> Verdict + Send + Sync + 'static) -> Self {
        Self::before(Arc::new(move |call| forward(moto, &call.request)), decide)
    }

    /// A proxy in front of something other than moto.
    pub(crate) fn before(answer: Arc<Answer>, decide: impl Fn(&Call) -> Verdict + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, decide, count) = (Arc::clone(&requests), Arc::new(decide), Arc::new(AtomicUsize::new(0)));
        // The thread ends with the process: after a test nobody connects any more.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, decide, count) = (Arc::clone(&seen), Arc::clone(&decide), Arc::clone(&count));
                let answer = Arc::clone(&answer);
                thread::spawn(move || {
                    let _ = serve(stream, &*answer, &seen, &*decide, &count);
                });
            }
        });
        Self { port, requests }
    }

    pub(crate) fn count(&self, action: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|request| self::action(request) == action).count()
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &Answer,
    seen: &Mutex<Vec<String>>,
    decide: &dyn Fn(&Call) -> Verdict,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    let Some(request) = read_request(&mut stream)? else { return Ok(()) };
    let action = action(&request);
    seen.lock().unwrap().push(request.clone());
    let call = Call { number: count.fetch_add(1, Ordering::SeqCst), action, request };
    match decide(&call) {
        Verdict::Pass => stream.write_all(&answer(&call)?),
        Verdict::Delay(time) => {
            thread::sleep(time);
            stream.write_all(&answer(&call)?)
        }
        Verdict::Refuse(code, message) => stream.write_all(refusal(&call.request, code, &message).as_bytes()),
        Verdict::Answer(body) => stream.write_all(response("200 OK", "text/xml", &body).as_bytes()),
        Verdict::LoseAnswer => answer(&call).map(|_| ()),
        Verdict::Error500 => {
            let body = "<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>";
            stream.write_all(response("500 Internal Server Error", "text/xml", body).as_bytes())
        }
        Verdict::Fault => {
            answer(&call)?;
            stream.write_all(refusal(&call.request, "InternalError", "An internal error has occurred").as_bytes())
        }
        Verdict::Break => Ok(()),
    }
}

/// Reads one request; its connection is closed after it.
fn read_request(stream: &mut TcpStream) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1 << 14];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                let mut lines: Vec<&str> =
                    head.lines().filter(|line| !line.to_lowercase().starts_with("connection:")).collect();
                lines.push("Connection: close");
                return Ok(Some(format!("{}\r\n\r\n{body}", lines.join("\r\n"))));
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(None),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let of = |line: &'a str| line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name));
    head.lines().find_map(|line| of(line).map(|(_, value)| value.trim()))
}

fn action(request: &str) -> String {
    let head = request.split("\r\n\r\n").next().unwrap_or_default();
    if let Some(target) = header(head, "x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_string();
    }
    let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    action.unwrap_or("unknown").to_string()
}

fn forward(moto: u16, request: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", moto))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

pub(crate) fn response(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nx-amzn-RequestId: r-1\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// An error in the form of the request's service; retrying does not help.
pub(crate) fn refusal(request: &str, code: &str, message: &str) -> String {
    if request.to_lowercase().contains("x-amz-target:") {
        let body = serde_json::json!({"__type": code, "message": message}).to_string();
        return response("400 Bad Request", "application/x-amz-json-1.1", &body);
    }
    let error = format!("<Code>{code}</Code><Message>{message}</Message>");
    let body = if request.contains("Version=2016-11-15") {
        format!("<Response><Errors><Error>{error}</Error></Errors><RequestID>r-1</RequestID></Response>")
    } else {
        format!("<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>r-1</RequestId></ErrorResponse>")
    };
    response("403 Forbidden", "text/xml", &body)
}

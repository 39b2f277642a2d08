//! A loopback service that speaks the protocol of CloudWatch Logs, as far as queries need it.
//!
//! It runs the text of a query with the second reader over its events, and does on demand what the service does on a
//! bad day: queries that wait, fail or time out, throttled calls, pages, partial answers, delays. The protocol is AWS
//! JSON 1.1: a POST with the operation in `X-Amz-Target`.

#![allow(dead_code, reason = "each test uses a part")]

mod api;
mod http;
mod query;
mod script;
mod state;

#[cfg(test)]
mod tests;

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

pub(crate) use script::{Script, Step};
pub(crate) use state::{Call, Group};

/// A service that listens until it is dropped.
pub(crate) struct LogsService {
    address: SocketAddr,
    state: Arc<Mutex<state::State>>,
    is_over: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl LogsService {
    /// Listens on a free port of the loopback interface.
    pub(crate) fn start(groups: Vec<Group>, script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback can be listened on");
        let address = listener.local_addr().expect("it has an address");
        let state = Arc::new(Mutex::new(state::State::new(groups, script)));
        let is_over = Arc::new(AtomicBool::new(false));
        let (shared, over) = (Arc::clone(&state), Arc::clone(&is_over));
        let listener = thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), state) = (stream, Arc::clone(&shared)) else { continue };
                // A client may keep its connection: each gets a thread, which ends with it.
                thread::spawn(move || http::serve(&stream, |request| api::answer(&state, request)));
            }
        });
        Self { address, state, is_over, listener: Some(listener) }
    }

    /// The URL of the service, for `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes the behaviour from now on.
    pub(crate) fn set_script(&self, script: Script) {
        self.state.lock().expect("no thread panics").script = script;
    }

    /// Delivers more records to a log group.
    pub(crate) fn deliver(&self, group: &str, events: Vec<Vec<(String, String)>>) {
        let mut state = self.state.lock().expect("no thread panics");
        let group = state.groups.iter_mut().find(|known| known.name == group).expect("there is such a group");
        group.events.extend(events);
    }

    /// The calls so far, including throttled ones.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state.lock().expect("no thread panics").calls.clone()
    }
}

impl Drop for LogsService {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it notices its end.
        let _ = std::net::TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

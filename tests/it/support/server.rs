//! A small HTTP/1.1 server on this machine: one thread and one request per connection.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::iter;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The time that a test waits for a signal before it gives up: a guard, never a measure.
pub(crate) const GUARD: Duration = Duration::from_mins(1);

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Path and query.
    pub(crate) target: String,
    /// By name in lower case.
    headers: HashMap<String, String>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Returns true for a conditional request.
    pub(crate) fn is_conditional(&self) -> bool {
        self.header("if-none-match").is_some() || self.header("if-modified-since").is_some()
    }
}

type Chunks = Box<dyn Iterator<Item = Vec<u8>> + Send>;

/// An answer.
pub(crate) struct Answer {
    /// 0 for no answer, until the other side closes the connection.
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Chunks,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Box::new(iter::empty()),
        }
    }

    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::stream(iter::once(body.into()))
    }

    /// Returns an answer whose body is generated while it is sent; it ends with the connection.
    pub(crate) fn stream(body: impl Iterator<Item = Vec<u8>> + Send + 'static) -> Self {
        Self {
            body: Box::new(body),
            ..Self::status(200)
        }
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(302).with("Location", to)
    }

    /// Returns an answer that is never sent, on a connection that stays open.
    pub(crate) fn silence() -> Self {
        Self::status(0)
    }

    pub(crate) fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Calls `done` when all of the answer has been sent.
    pub(crate) fn and_then(mut self, done: impl FnOnce() + Send + 'static) -> Self {
        let mut done = Some(done);
        let end = iter::from_fn(move || {
            if let Some(done) = done.take() {
                done();
            }
            None
        });
        self.body = Box::new(self.body.chain(end));
        self
    }

    /// Returns the body with an `ETag` of its own, or 304 if the client already has it.
    pub(crate) fn versioned(request: &Request, body: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let etag = format!("\"{:x}\"", hasher.finish());
        let answer = if request.header("if-none-match") == Some(&etag) {
            Self::status(304)
        } else {
            Self::ok(body)
        };
        answer.with("ETag", &etag)
    }
}

type Route = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

#[derive(Default)]
struct Shared {
    routes: Mutex<HashMap<String, Route>>,
    requests: Mutex<Vec<Request>>,
    open: Mutex<Vec<TcpStream>>,
    closing: AtomicBool,
}

/// A server that ends with the test. Paths without a route are answered with 404.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let shared = Arc::new(Shared::default());
        Self {
            address: listener.local_addr().unwrap(),
            thread: Some(thread::spawn({
                let shared = Arc::clone(&shared);
                move || accept(&listener, &shared)
            })),
            shared,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    /// Answers requests for `path`, from now on.
    pub(crate) fn route(
        &self,
        path: &str,
        answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) {
        let mut routes = self.shared.routes.lock().unwrap();
        routes.insert(path.to_owned(), Arc::new(answer));
    }

    /// Serves `body` at `path`, with 304 for clients that already have it.
    pub(crate) fn serve(&self, path: &str, body: impl Into<String>) {
        let body = body.into();
        self.route(path, move |request| Answer::versioned(request, &body));
    }

    /// Returns every request so far, in order, except those for robots.txt.
    pub(crate) fn requests(&self) -> Vec<Request> {
        let mut requests = self.all_requests();
        requests.retain(|request| request.target != "/robots.txt");
        requests
    }

    pub(crate) fn all_requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn last_request(&self) -> Request {
        self.requests().pop().expect("a request")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        for stream in self.shared.open.lock().unwrap().iter() {
            // The other side may have closed the connection.
            drop(stream.shutdown(Shutdown::Both));
        }
        // One more connection wakes the listener.
        drop(TcpStream::connect(self.address));
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || thread::panicking(), "a route panicked");
    }
}

fn accept(listener: &TcpListener, shared: &Shared) {
    thread::scope(|connections| {
        for stream in listener.incoming() {
            if shared.closing.load(Ordering::SeqCst) {
                break;
            }
            let stream = stream.unwrap();
            shared
                .open
                .lock()
                .unwrap()
                .push(stream.try_clone().unwrap());
            connections.spawn(move || connection(stream, shared));
        }
    });
}

fn connection(mut stream: TcpStream, shared: &Shared) {
    // The client may have been killed, or may have closed the connection before or during its answer.
    if let Some(request) = request(&stream) {
        let path = request.target.split('?').next().unwrap_or_default();
        let route = shared.routes.lock().unwrap().get(path).cloned();
        shared.requests.lock().unwrap().push(request.clone());
        let answer = route.map_or_else(|| Answer::status(404), |route| route(&request));
        drop(send(&mut stream, answer));
    }
    drop(stream.shutdown(Shutdown::Both));
}

fn request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let target = first.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(':') else {
            return Some(Request { target, headers });
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    None
}

fn send(stream: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
    if answer.status == 0 {
        // The other side sends nothing more until it closes the connection.
        return stream.read(&mut [0]).map(drop);
    }
    let mut head = format!("HTTP/1.1 {} .\r\nConnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head = format!("{head}{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    for chunk in answer.body {
        stream.write_all(&chunk)?;
    }
    stream.flush()
}

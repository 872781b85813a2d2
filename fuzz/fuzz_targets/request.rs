//! The bytes that a client sends, to the public server over a socket. The connection must end, and the server go on.
#![no_main]

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tidings::model::{Listen, Site};
use tidings::serve::{self, Assets, Listener, Proxies, Redirects, SearchAnswer, Searches};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// The longest answer: a file of [`FILES`], or a page for a missing one.
const MAX_ANSWER_BYTES: u64 = 16 << 20;

/// The published folder.
const FILES: [(&str, &str); 3] = [
    ("index.html", "<!DOCTYPE html><title>Bulletins</title>"),
    ("harbour.atom", "<feed xmlns='http://www.w3.org/2005/Atom'/>"),
    ("harbour.json", "{\"version\": \"https://jsonfeed.org/version/1.1\"}"),
];

struct Server {
    runtime: Runtime,
    socket: PathBuf,
    _folder: TempDir,
    _stop: watch::Sender<bool>,
    _redirects: watch::Sender<Redirects>,
}

static SERVER: LazyLock<Server> = LazyLock::new(start);

fn start() -> Server {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).expect("a new file");
    }
    let socket = folder.path().join("socket");
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().expect("a runtime");
    let site = Site {
        title: "Bulletins".to_owned(),
        base_url: "https://bulletins.example/".parse().expect("an address"),
        language: "en".parse().expect("a language"),
    };
    let former = ["https://former.example/".parse().expect("an address")];
    let topics = [("docks", "harbour")].map(|(former, topic)| {
        let former = former.parse().expect("a feed");
        (former, topic.parse().expect("a topic"))
    });
    let redirects = Redirects::new(site, &former, topics, []);
    let (redirects, watched) = watch::channel(redirects);
    let (stop, stopped) = watch::channel(false);
    let proxies = Arc::new(Proxies::new(Vec::new()));
    let (searches, mut searched) = Searches::new(Arc::clone(&proxies));
    let assets = Arc::new(Assets::load(folder.path()).expect("a folder of three files"));
    let router = serve::public(assets, Arc::new(searches), watched);
    let listen = Listen::Unix(socket.clone());
    let listener = runtime.block_on(Listener::bind(&listen));
    let listener = listener.expect("a socket in a folder of our own");
    runtime.spawn(serve::serve(listener, router, proxies, stopped));
    runtime.spawn(async move {
        while let Some(request) = searched.recv().await {
            let answer = SearchAnswer::Found(request.query.into_bytes());
            drop(request.answer.send(answer));
        }
    });
    Server {
        runtime,
        socket,
        _folder: folder,
        _stop: stop,
        _redirects: redirects,
    }
}

fuzz_target!(|head: &[u8]| {
    let server = &*SERVER;
    server.runtime.block_on(async {
        let mut client = UnixStream::connect(&server.socket).await.expect("a server");
        // The server may close the connection before it has read everything.
        drop(client.write_all(head).await);
        drop(client.shutdown().await);
        let mut answer = Vec::new();
        drop((&mut client).take(MAX_ANSWER_BYTES).read_to_end(&mut answer).await);
        assert!((answer.len() as u64) < MAX_ANSWER_BYTES, "an answer without an end");
    });
});

//! A small HTTP/1.1 client: sends text byte for byte, and reads one answer or more.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

use flate2::read::GzDecoder;
use serde_json::Value;

use super::GUARD;

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// By name in lower case.
    headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Returns a header; empty if it was not sent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        let value = serde_json::from_slice(&self.body);
        value.unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn unpacked(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        GzDecoder::new(self.body.as_slice())
            .read_to_end(&mut bytes)
            .unwrap();
        bytes
    }

    /// Reads an answer; `None` if the other side has closed the connection.
    pub(crate) fn read(from: &mut impl BufRead, to_head: bool) -> Option<Self> {
        let mut lines = from.by_ref().lines();
        let first = lines.next()?.unwrap();
        let status = first.split(' ').nth(1).expect(&first).parse().unwrap();
        let fields = lines
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty());
        let headers: HashMap<String, String> = fields
            .map(|line| {
                let (name, value) = line.split_once(':').expect(&line);
                (name.to_ascii_lowercase(), value.trim().to_owned())
            })
            .collect();
        let length = headers.get("content-length");
        let length = length.map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; if to_head { 0 } else { length }];
        from.read_exact(&mut body).unwrap();
        Some(Self {
            status,
            headers,
            body,
        })
    }
}

/// Sends `text` to an address such as `http://127.0.0.1:8080` or `unix:/run/tidings.sock` and reads one answer.
pub(crate) fn exchange(address: &str, text: &str) -> Reply {
    if let Some(path) = address.strip_prefix("unix:") {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(GUARD)).unwrap();
        return talk(stream, text);
    }
    let stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(GUARD)).unwrap();
    talk(stream, text)
}

fn talk(mut stream: impl Read + Write, text: &str) -> Reply {
    stream.write_all(text.as_bytes()).unwrap();
    Reply::read(&mut BufReader::new(stream), text.starts_with("HEAD ")).expect("an answer")
}

/// Sends a request on a connection of its own, with the address as its host.
pub(crate) fn request(
    address: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Reply {
    let host = address.strip_prefix("http://").unwrap_or("localhost");
    request_as(address, host, method, target, headers)
}

/// Sends a request for `host`.
pub(crate) fn request_as(
    address: &str,
    host: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Reply {
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text = format!("{text}{name}: {value}\r\n");
    }
    exchange(address, &format!("{text}\r\n"))
}

pub(crate) fn get(address: &str, target: &str, headers: &[(&str, &str)]) -> Reply {
    request(address, "GET", target, headers)
}

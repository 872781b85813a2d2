//! What commands ask of the running daemon, at the address for administrators.

use reqwest::{Client, Response};

use crate::fetch;
use crate::model::Listen;

/// An answer is never longer.
const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Posts `body` to `path` where the daemon listens; the body of its answer.
pub(super) async fn post(
    listen: &Listen,
    path: &str,
    body: Vec<u8>,
) -> Result<Vec<u8>, reqwest::Error> {
    let builder = fetch::plain_client();
    let (builder, address) = match listen {
        Listen::Tcp(address) => (builder, format!("http://{address}{path}")),
        Listen::Unix(socket) => (
            builder.unix_socket(socket.as_path()),
            format!("http://localhost{path}"),
        ),
    };
    let client: Client = builder.build()?;
    let mut answer: Response = client
        .post(address)
        .body(body)
        .send()
        .await?
        .error_for_status()?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() < MAX_ANSWER_BYTES {
            body.extend_from_slice(&chunk);
        }
    }
    Ok(body)
}

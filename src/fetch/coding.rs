//! Decodes content codings (RFC 9110 §8.4.1), with a limit on the output.

use std::io::Read as _;

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use flate2::bufread::MultiGzDecoder;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The codings that we accept from servers.
pub(super) const ACCEPT_ENCODING: &str = "gzip, br, zstd, deflate";

/// The maximum number of codings applied in sequence: more is an attack.
const MAX_CODINGS: usize = 2;

/// The first bytes of a gzip file (RFC 1952 §2.3.1); no text begins with them.
const GZIP: [u8; 2] = [0x1F, 0x8B];

/// Codings that IANA lists or servers use, and that we cannot decode. Any other unknown name means no coding: servers
/// put character encodings and words such as `none` there.
const FOREIGN: [&str; 15] = [
    "aes128gcm",
    "bzip2",
    "compress",
    "dcb",
    "dcz",
    "exi",
    "lz4",
    "lzma",
    "pack200-gzip",
    "peerdist",
    "sdch",
    "snappy",
    "x-bzip2",
    "x-compress",
    "xz",
];

/// The reason why a body could not be decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CodingError {
    TooLarge,
    Broken(String),
}

/// Decodes `codings`, the value of `Content-Encoding`.
///
/// # Errors
/// [`CodingError::TooLarge`] as soon as the output exceeds `limit` bytes.
pub(super) async fn decode_body(
    body: Vec<u8>,
    codings: &str,
    limit: u64,
) -> Result<Vec<u8>, CodingError> {
    let names: Vec<String> = codings
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let applied: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| is_coding(name))
        .collect();
    if applied.len() > MAX_CODINGS {
        return Err(CodingError::Broken(format!("{} codings", applied.len())));
    }
    let mut body = body;
    for name in applied.into_iter().rev() {
        // A server that names a coding for an empty body means no body.
        if !body.is_empty() {
            body = undo_coding(name, &body, limit).await?;
        }
    }
    Ok(body)
}

/// Unpacks a body that is a gzip file; returns any other unchanged.
///
/// # Errors
/// [`CodingError::TooLarge`] as soon as the output exceeds `limit` bytes.
pub(super) fn unpack_gzip(body: Vec<u8>, limit: u64) -> Result<Vec<u8>, CodingError> {
    if !body.starts_with(&GZIP) {
        return Ok(body);
    }
    let mut text = Vec::new();
    let read = MultiGzDecoder::new(&body[..])
        .take(limit + 1)
        .read_to_end(&mut text);
    read.map_err(|error| CodingError::Broken(error.to_string()))?;
    if text.len() as u64 > limit {
        Err(CodingError::TooLarge)
    } else {
        Ok(text)
    }
}

fn is_coding(name: &str) -> bool {
    matches!(name, "gzip" | "x-gzip" | "br" | "zstd" | "deflate") || FOREIGN.contains(&name)
}

async fn undo_coding(coding: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, CodingError> {
    match coding {
        "gzip" | "x-gzip" => {
            let mut decoder = GzipDecoder::new(body);
            decoder.multiple_members(true);
            read_bounded(decoder, limit).await
        }
        "br" => read_bounded(BrotliDecoder::new(body), limit).await,
        "zstd" => read_bounded(ZstdDecoder::new(body), limit).await,
        // RFC 9110 §8.4.1.2 means zlib; some servers send raw deflate.
        "deflate" => match read_bounded(ZlibDecoder::new(body), limit).await {
            Err(CodingError::Broken(_)) => read_bounded(DeflateDecoder::new(body), limit).await,
            decoded => decoded,
        },
        other => Err(CodingError::Broken(format!(
            "the coding `{}` cannot be undone",
            other.escape_debug()
        ))),
    }
}

async fn read_bounded(decoder: impl AsyncRead + Unpin, limit: u64) -> Result<Vec<u8>, CodingError> {
    let mut body = Vec::new();
    let read = decoder.take(limit + 1).read_to_end(&mut body).await;
    read.map_err(|error| CodingError::Broken(error.to_string()))?;
    if body.len() as u64 > limit {
        Err(CodingError::TooLarge)
    } else {
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::bufread as encode;

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    fn packed(encoder: impl AsyncRead + Unpin) -> Vec<u8> {
        block_on(read_bounded(encoder, u64::MAX - 1)).unwrap()
    }

    #[test]
    fn every_coding_is_undone() {
        let text: &[u8] = b"bulletin ".repeat(100).leak();
        for (coding, body) in [
            ("gzip", packed(encode::GzipEncoder::new(text))),
            ("br", packed(encode::BrotliEncoder::new(text))),
            ("zstd", packed(encode::ZstdEncoder::new(text))),
            ("deflate", packed(encode::ZlibEncoder::new(text))),
            ("deflate", packed(encode::DeflateEncoder::new(text))),
            ("identity", text.to_vec()),
            ("", text.to_vec()),
            ("utf-8", text.to_vec()),
            ("none", text.to_vec()),
            ("UTF-8, gzip", packed(encode::GzipEncoder::new(text))),
            ("gzip, binary", packed(encode::GzipEncoder::new(text))),
        ] {
            assert_eq!(
                block_on(decode_body(body, coding, 1000)).as_deref(),
                Ok(text),
                "{coding}"
            );
        }
    }

    #[test]
    fn a_body_that_breaks_off_is_no_body() {
        let text: &[u8] = b"bulletin ".repeat(100).leak();
        for (coding, body) in [
            ("gzip", packed(encode::GzipEncoder::new(text))),
            ("br", packed(encode::BrotliEncoder::new(text))),
            ("zstd", packed(encode::ZstdEncoder::new(text))),
            ("deflate", packed(encode::ZlibEncoder::new(text))),
        ] {
            let cut = body[..body.len() - 2].to_vec();
            let decoded = block_on(decode_body(cut, coding, 1000));
            assert!(matches!(decoded, Err(CodingError::Broken(_))), "{coding}");
        }
    }

    #[test]
    fn a_gzip_file_is_unpacked_within_the_limit() {
        let text: &[u8] = b"bulletin ".repeat(100).leak();
        let file = packed(encode::GzipEncoder::new(text));
        assert_eq!(unpack_gzip(text.to_vec(), 10).as_deref(), Ok(text));
        assert_eq!(unpack_gzip(file.clone(), 900).as_deref(), Ok(text));
        assert_eq!(unpack_gzip(file.clone(), 899), Err(CodingError::TooLarge));
        let cut = file[..file.len() / 2].to_vec();
        assert!(matches!(unpack_gzip(cut, 900), Err(CodingError::Broken(_))));
    }

    #[test]
    fn a_bomb_is_cut_where_the_limit_is() {
        let zeros: &[u8] = vec![0; 1 << 20].leak();
        let once = packed(encode::GzipEncoder::new(zeros));
        assert_eq!(
            block_on(decode_body(once.clone(), "gzip", 1000)),
            Err(CodingError::TooLarge)
        );
        let twice = packed(encode::GzipEncoder::new(&once[..]));
        assert_eq!(
            block_on(decode_body(twice, "gzip, gzip", 1 << 19)),
            Err(CodingError::TooLarge)
        );
        assert!(matches!(
            block_on(decode_body(vec![1], "gzip, gzip, gzip", 1000)),
            Err(CodingError::Broken(_))
        ));
        assert!(matches!(
            block_on(decode_body(vec![1], "lzma", 1000)),
            Err(CodingError::Broken(_))
        ));
    }
}

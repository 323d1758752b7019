//! Files of a folder, and of nowhere else.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::request::Request;
use crate::response::{Body, Response};
use crate::status::Status;

/// A folder whose files everybody may read.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
}

impl Files {
    /// Everything below `root`, except what begins with a dot.
    ///
    /// # Errors
    ///
    /// When there is no such folder.
    pub fn new(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        match root.is_dir() {
            true => Ok(Self { root }),
            false => Err(ErrorKind::NotADirectory.into()),
        }
    }

    /// The response to `request`: the file, a part of it, or why not.
    pub fn answer(&self, request: &Request) -> Response {
        match request.method() {
            "GET" | "HEAD" => {}
            "POST" | "PUT" | "DELETE" | "OPTIONS" | "TRACE" | "PATCH" => {
                return Response::plain(Status::METHOD_NOT_ALLOWED).with("Allow", "GET, HEAD");
            }
            _ => return Response::plain(Status::NOT_IMPLEMENTED),
        }
        let Some(path) = self.path(request.path()) else {
            return Response::plain(Status::NOT_FOUND);
        };
        let is_folder = path.is_dir();
        if is_folder && !request.path().ends_with('/') {
            // Relative links of the page would be taken from one folder too high. One slash in front:
            // two would be the beginning of another host.
            let location = format!("/{}/", request.path().trim_start_matches('/'));
            return Response::plain(Status::MOVED_PERMANENTLY).with("Location", location);
        }
        let path = match is_folder {
            true => self.inside(&path.join("index.html")),
            false => Some(path).filter(|_| !request.path().ends_with('/')),
        };
        // Before it is opened: to open a pipe would wait until somebody writes into it.
        let Some(path) = path.filter(|path| path.is_file()) else {
            return Response::plain(Status::NOT_FOUND);
        };
        let opened = File::open(&path).and_then(|file| Ok((file.metadata()?, file)));
        match opened {
            Ok((metadata, file)) => found(request, &path, &metadata, file)
                .unwrap_or_else(|_| Response::plain(Status::INTERNAL_SERVER_ERROR)),
            Err(error) => Response::plain(match error.kind() {
                ErrorKind::PermissionDenied => Status::FORBIDDEN,
                ErrorKind::NotFound => Status::NOT_FOUND, // Gone since.
                _ => Status::INTERNAL_SERVER_ERROR, // Too many open files, for example: not the client's fault.
            }),
        }
    }

    // ANCHOR: walls
    /// The file that a path means, when it is one of ours. Two walls: no name that leads elsewhere is
    /// followed, and what is found must lie in the folder, whatever links there are.
    fn path(&self, path: &str) -> Option<PathBuf> {
        let mut full = self.root.clone();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let name = decoded(name)?;
            // `.`, `..` and everything that is hidden; and names that are more than one name somewhere.
            if name.starts_with('.') || name.contains(['/', '\\', '\0', ':']) {
                return None;
            }
            full.push(name);
        }
        self.inside(&full)
    }

    /// Where `path` really is, when that is in the folder and nothing on the way is hidden.
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        let real = path.canonicalize().ok()?;
        let mut names = real.strip_prefix(&self.root).ok()?.iter();
        let is_hidden = names.any(|name| name.as_encoded_bytes().starts_with(b"."));
        (!is_hidden).then_some(real)
    }
    // ANCHOR_END: walls
}

/// `%EA%B0%80` is `가`: RFC 3986, section 2.1. `None` when it is not decodable.
fn decoded(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

// ANCHOR: found
fn found(
    request: &Request,
    path: &Path,
    metadata: &Metadata,
    mut file: File,
) -> io::Result<Response> {
    let length = metadata.len();
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    let tag = tag(length, modified);
    let fields = vec![
        ("Content-Type", content_type(path).to_string()),
        ("X-Content-Type-Options", "nosniff".to_string()),
        ("Last-Modified", httpdate::fmt_http_date(modified)),
        ("ETag", tag.clone()),
        ("Accept-Ranges", "bytes".to_string()),
        ("Cache-Control", "no-cache".to_string()), // Keep it, and ask whether it is still right.
    ];
    let response = |status, body| Response {
        status,
        fields,
        body,
    };
    if is_another(request, &tag, modified) {
        return Ok(Response::plain(Status::PRECONDITION_FAILED));
    }
    if is_unchanged(request, &tag, modified) {
        return Ok(response(Status::NOT_MODIFIED, Body::Bytes(Vec::new())));
    }
    match range(request, &tag, length) {
        Wanted::All => Ok(response(Status::OK, Body::File(file, length))),
        Wanted::Part(part) => {
            file.seek(SeekFrom::Start(part.start))?;
            let content_range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            let body = Body::File(file, part.end - part.start);
            Ok(response(Status::PARTIAL_CONTENT, body).with("Content-Range", content_range))
        }
        Wanted::Nothing => Ok(Response::plain(Status::RANGE_NOT_SATISFIABLE)
            .with("Content-Range", format!("bytes */{length}"))),
    }
}
// ANCHOR_END: found

/// Another one as soon as the file is another one.
fn tag(length: u64, modified: SystemTime) -> String {
    let age = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("\"{length:x}-{:x}\"", age.as_nanos())
}

// ANCHOR: conditional
/// Whether the client has it already: RFC 9110, section 13. A tag says it better than a date, so
/// the date counts only when there is no tag.
fn is_unchanged(request: &Request, tag: &str, modified: SystemTime) -> bool {
    if request.all("if-none-match").next().is_some() {
        // The comparison is weak: `W/` in front does not matter.
        return request.has_token("if-none-match", tag)
            || request.has_token("if-none-match", &format!("W/{tag}"))
            || request.has_token("if-none-match", "*");
    }
    date(request, "if-modified-since").is_some_and(|since| seconds(modified) <= seconds(since))
}

/// Whether the client wants this only if it is something else than what there is.
fn is_another(request: &Request, tag: &str, modified: SystemTime) -> bool {
    if request.all("if-match").next().is_some() {
        return !request.has_token("if-match", tag) && !request.has_token("if-match", "*");
    }
    date(request, "if-unmodified-since").is_some_and(|since| seconds(modified) > seconds(since))
}

/// The date in a field. What is none is ignored.
fn date(request: &Request, field: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(request.field(field)?).ok()
}

/// Dates of HTTP have whole seconds.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
// ANCHOR_END: conditional

enum Wanted {
    All,
    Part(Range<u64>),
    Nothing,
}

// ANCHOR: range
/// Which part the client wants: RFC 9110, section 14. What is no range, and more than one, may be
/// ignored, and then it gets everything.
fn range(request: &Request, tag: &str, length: u64) -> Wanted {
    // Parts of another version would not fit together: section 13.1.5.
    let other_version = request
        .field("if-range")
        .is_some_and(|version| version != tag);
    if request.method() != "GET" || other_version {
        return Wanted::All;
    }
    let asked = request
        .field("range")
        .and_then(|range| range.strip_prefix("bytes="));
    let Some((first, last)) = asked.and_then(|range| range.split_once('-')) else {
        return Wanted::All;
    };
    let part = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.is_empty() => first..length,
        // The last so many bytes.
        (None, Some(count)) if first.is_empty() => length.saturating_sub(count)..length,
        _ => return Wanted::All,
    };
    match part.is_empty() {
        true => Wanted::Nothing,
        false => Wanted::Part(part),
    }
}
// ANCHOR_END: range

/// Digits only: `parse` alone would take `+1`.
fn number(text: &str) -> Option<u64> {
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().ok(),
        false => None,
    }
}

/// What browsers need to be told; they must not guess.
fn content_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "txt" | "md" | "rs" | "toml" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

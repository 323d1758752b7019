//! The server's side: is this request a WebSocket, and may it be one?

use http::{Request, Response, Status, Version};

use crate::extensions::{Extension, elements, extensions, is_token};
use crate::key::{accept_key, is_key};

/// The only version of the protocol (section 4.1).
const VERSION: &[u8] = b"13";

// ANCHOR: policy
/// Whom a server lets in. Unless you say otherwise: our own pages, and no subprotocol.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// From which pages.
    pub origins: Origins,
    /// What it speaks above the WebSocket, the best first (section 1.9).
    pub subprotocols: Vec<String>,
}

/// Which pages may connect. Browsers say it in the field Origin, and let no page change that; they let every
/// page connect to every server, and send that server's cookies with it (section 10.2).
#[derive(Clone, Debug, Default)]
pub enum Origins {
    /// Those that come from this server: their origin has the host and the port that the request is for.
    /// Policy, another page: 403. What sends no Origin is no browser, and could say anything: it may connect.
    ///
    /// It does not look who that host is. A name of the attacker's may lead here (DNS rebinding), so a server
    /// that only its own machine or network can reach names its pages with [`Origins::These`].
    #[default]
    Ours,
    /// These, such as `https://example.org`, and whoever sends none.
    These(Vec<String>),
    /// Any.
    Any,
}
// ANCHOR_END: policy

/// What is agreed.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// The fields of the response with the status 101.
    pub fields: Vec<(&'static str, String)>,
    /// One of the policy's.
    pub subprotocol: Option<String>,
    /// What the client offers, in its order. To accept one, add a field to `fields`.
    pub offered: Vec<Extension>,
}

// ANCHOR: upgrade
/// Answers a request that would be a WebSocket: with what is agreed, or with why not.
///
/// # Errors
///
/// The response that refuses it: 400, 403, 405 or 426.
pub fn upgrade(request: &Request, policy: &Policy) -> Result<Upgrade, Response> {
    let bad = |why: &str| Err(Response::text(Status::BAD_REQUEST, format!("{why}\n")));
    if request.method() != "GET" {
        let response = Response::plain(Status::METHOD_NOT_ALLOWED);
        return Err(response.with("Allow", "GET"));
    }
    if request.version() != Version::Http11 {
        return bad("a WebSocket begins with HTTP/1.1");
    }
    // Whoever does not read the body takes it for frames, and whoever does sees others.
    if has_body(request) {
        return bad("the request for a WebSocket has no body");
    }
    // Lists of tokens, in any case: `Connection: keep-alive, Upgrade` (section 4.2.1).
    if !request.has_token("upgrade", "websocket") || !request.has_token("connection", "upgrade") {
        return Err(upgrade_required("this is a WebSocket\n"));
    }
    let mut versions = request.all("sec-websocket-version");
    if (versions.next(), versions.next()) != (Some(VERSION), None) {
        let response = upgrade_required("this server speaks version 13\n");
        return Err(response.with("Sec-WebSocket-Version", "13"));
    }
    let mut keys = request.all("sec-websocket-key").map(str::from_utf8);
    let key = match (keys.next(), keys.next()) {
        (Some(Ok(key)), None) if is_key(key) => key,
        _ => return bad("Sec-WebSocket-Key is 16 bytes in Base64, once"),
    };
    if !policy.origins.allow(request) {
        return Err(Response::text(Status::FORBIDDEN, "not from this page\n"));
    }
    let spoken = match elements(request.all("sec-websocket-protocol")) {
        Some(names) if names.iter().all(|name| is_token(name)) => names,
        _ => return bad("Sec-WebSocket-Protocol is no list of names"),
    };
    let Some(offered) = extensions(request.all("sec-websocket-extensions")) else {
        return bad("Sec-WebSocket-Extensions is no list of extensions");
    };
    let mut fields = vec![
        ("Upgrade", "websocket".to_string()),
        ("Connection", "Upgrade".to_string()),
        ("Sec-WebSocket-Accept", accept_key(key)),
    ];
    // Names of subprotocols are the same in the same case only (section 4.2.2).
    let both = |name: &&String| spoken.contains(&name.as_str());
    let subprotocol = policy.subprotocols.iter().find(both).cloned();
    if let Some(subprotocol) = &subprotocol {
        fields.push(("Sec-WebSocket-Protocol", subprotocol.clone()));
    }
    Ok(Upgrade {
        fields,
        subprotocol,
        offered,
    })
}
// ANCHOR_END: upgrade

/// There is something here, but not in HTTP. The response says in what (RFC 9110, section 15.5.22).
fn upgrade_required(sentence: &str) -> Response {
    Response::text(Status(426), sentence)
        .with("Upgrade", "websocket")
        .with("Connection", "Upgrade")
}

fn has_body(request: &Request) -> bool {
    request.all("transfer-encoding").next().is_some()
        || request.all("content-length").any(|length| length != b"0")
}

impl Origins {
    // ANCHOR: origin
    /// Whether the page that asks may. Not only for WebSockets: a page can also POST to every server.
    pub fn allow(&self, request: &Request) -> bool {
        let mut origins = request.all("origin");
        let origin = match (origins.next(), origins.next()) {
            (None, _) => return true,
            (Some(origin), None) => str::from_utf8(origin).unwrap_or_default(),
            _ => return false, // No browser says two.
        };
        match self {
            Origins::Any => true,
            Origins::These(these) => these.iter().any(|one| one.eq_ignore_ascii_case(origin)),
            // `null` has no host: a page in a sandbox says it, or a file.
            Origins::Ours => match (origin.split_once("://"), request.host()) {
                (Some(("http" | "https", authority)), Some(host)) => {
                    authority.eq_ignore_ascii_case(host)
                }
                _ => false,
            },
        }
    }
    // ANCHOR_END: origin
}

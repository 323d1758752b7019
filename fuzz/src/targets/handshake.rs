//! The opening handshake, on both sides, and the offers of extensions in it.

use tungstenite::HandshakeError;
use tungstenite::handshake::client::{ClientHandshake, Request};
use tungstenite::handshake::derive_accept_key;
use ws_handshake::{Extension, Handshake, Opening, Origins, Policy, Unopened, extensions, upgrade};

use crate::input::{Mutation, cuts};
use crate::wire::Wire;
use crate::{Checked, Target};

/// A server reads requests.
pub const SERVER: Target = Target {
    name: "handshake",
    what: "requests for a WebSocket, read by a server",
    mutation: requests,
    check: check_request,
    usual: &["taken", "refused", STRICTER, LISTS],
};

/// A client reads answers.
pub const CLIENT: Target = Target {
    name: "opening",
    what: "answers to a request for a WebSocket, read by a client",
    mutation: answers,
    check: check_answer,
    usual: &["taken", "refused", STRICTER, INTERIM],
};

/// A server reads what a client offers.
pub const OFFERS: Target = Target {
    name: "offers",
    what: "values of Sec-WebSocket-Extensions",
    mutation: offers,
    check: check_offers,
    usual: &["taken", "declined", "no list"],
};

/// It looks at less: at no Origin, at no second key or version, at no Base64.
const STRICTER: &str = "stricter than tungstenite";

/// Connection and Upgrade are lists, in one field or in several (RFC 9110, sections 7.6.1 and 7.8).
const LISTS: &str = "taken, where tungstenite takes no list";

/// A target with a letter that no URI has (RFC 3986, appendix A).
const TARGET: &str = "taken, where tungstenite reads the target";

/// A request of HTTP/1.2 is to be read as one of 1.1 (RFC 9110, section 2.5); of an answer's version our
/// client asks no more than that it begins with 1.
const VERSION: &str = "taken, where tungstenite wants HTTP/1.1";

/// An interim answer comes first (RFC 9110, section 15.2); tungstenite takes it for the answer.
const INTERIM: &str = "taken behind an interim answer";

/// Not random here: the same input must become the same.
const RANDOM: [u8; 16] = [7; 16];

const PROTOCOLS: [&str; 2] = ["chat.2", "chat"];

fn all(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// What stands in handshakes, and what should not.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r\n\r\n",
    " ",
    "\t",
    "\0",
    ":",
    ";",
    ",",
    "=",
    "\"",
    "\u{e9}",
    "websocket",
    "Upgrade",
    "upgrade",
    "keep-alive, ",
    "13",
    "8",
    "HTTP/1.0",
    "HTTP/1.1",
    "GET ",
    "POST ",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
    "Connection: Upgrade\r\n",
    "Upgrade: websocket\r\n",
    "Upgrade: h2c\r\n",
    "Origin: http://a\r\n",
    "Origin: http://evil\r\n",
    "Sec-WebSocket-Version: 13\r\n",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "Sec-WebSocket-Protocol: chat\r\n",
    "Sec-WebSocket-Extensions: permessage-deflate\r\n",
    "X: y\r\n",
];

fn requests() -> Mutation {
    let head = "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    let corpus = [
        format!("{head}\r\n"),
        format!("{head}Origin: http://a\r\nSec-WebSocket-Protocol: superchat, chat\r\n\r\n"),
        format!("{head}Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"),
        format!("{head}Sec-WebSocket-Extensions: a;b=c, d; e=\"f\"\r\nCookie: g=h\r\n\r\n\u{1}\u{2}"),
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, uPGRADE\r\nupgrade: h2c, WebSocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            .to_string(),
        format!("{head}Connection: close\r\n\r\n\u{1}\u{2}"),
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_string(),
    ];
    Mutation {
        corpus: corpus.map(String::into_bytes).to_vec(),
        pieces: all(PIECES),
        joins: false,
    }
}

/// What a server makes of a request.
#[derive(Debug, PartialEq, Eq)]
struct Served {
    /// What it says.
    sent: Vec<u8>,
    /// It is a WebSocket, and these are its first bytes.
    rest: Option<Vec<u8>>,
}

fn serve<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Served {
    let policy = Policy {
        origins: Origins::Ours,
        subprotocols: PROTOCOLS.map(str::to_string).to_vec(),
    };
    let mut handshake = Handshake::new();
    let mut rest: Option<Vec<u8>> = None;
    for piece in pieces {
        if let Some(rest) = &mut rest {
            rest.extend_from_slice(piece);
            continue;
        }
        handshake.receive_data(piece);
        let decide = |request: &http::Request| Ok((upgrade(request, &policy)?, ()));
        rest = handshake.answer(decide).map(|((), rest)| rest);
        if handshake.is_over() {
            break;
        }
    }
    let sent = handshake.data_to_send().to_vec();
    Served { sent, rest }
}

fn check_request(bytes: &[u8]) -> Checked {
    let ours = serve([bytes]);
    let in_pieces = serve(cuts(bytes));
    if in_pieces != ours {
        return Err(format!("in pieces it is {in_pieces:?}, at once {ours:?}"));
    }
    let Some(rest) = &ours.rest else {
        return Ok(match theirs(head(bytes)) {
            Ok(_) => STRICTER,
            Err(_) if ours.sent.is_empty() => "waiting for more",
            Err(_) => "refused",
        });
    };
    let Some(head) = bytes.strip_suffix(&rest[..]) else {
        return Err(format!("the bytes behind the head are {rest:?}"));
    };
    let theirs = match theirs(head) {
        Ok(theirs) => theirs,
        Err(why) if is_list(&why) => return Ok(LISTS),
        // A target may have any visible letters for us: what it names is for others to find out.
        Err(why) if why.contains("invalid uri character") => return Ok(TARGET),
        Err(why) if is_other_version(head) && why.contains("HTTP version") => return Ok(VERSION),
        Err(why) => return Err(format!("only we take it: {why}")),
    };
    let accept = |sent: &[u8]| {
        let sent = String::from_utf8_lossy(sent).to_ascii_lowercase();
        let line = sent
            .lines()
            .find_map(|line| line.strip_prefix("sec-websocket-accept:"));
        line.map(|value| value.trim().to_string())
    };
    let (sent, expected) = (accept(&ours.sent), accept(&theirs));
    let text = String::from_utf8_lossy(&ours.sent).to_ascii_lowercase();
    // Both would say something about a connection that goes on with frames.
    let is_odd = text.contains("connection: close") || text.contains("content-length");
    if sent != expected || !text.starts_with("http/1.1 101 ") || is_odd {
        return Err(format!("the answer is {}", ours.sent.escape_ascii()));
    }
    Ok("taken")
}

/// Up to the first blank line: tungstenite takes nothing behind it.
fn head(bytes: &[u8]) -> &[u8] {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    end.map_or(bytes, |end| &bytes[..end + 4])
}

/// tungstenite looks at the first field only, and of Upgrade for nothing but this one word.
fn is_list(why: &str) -> bool {
    why.contains("\"Upgrade: websocket\"") || why.contains("\"Connection: ")
}

fn is_other_version(head: &[u8]) -> bool {
    let line = head
        .split(|byte| *byte == b'\n')
        .find(|line| line.len() > 1);
    !line.is_some_and(|line| line.windows(8).any(|version| version == b"HTTP/1.1"))
}

/// What tungstenite answers, if it takes the request.
fn theirs(bytes: &[u8]) -> Result<Vec<u8>, String> {
    match tungstenite::accept(Wire::new(bytes)) {
        Ok(socket) => Ok(socket.get_ref().output.clone()),
        Err(HandshakeError::Interrupted(_)) => Err("it waits for more".to_string()),
        Err(HandshakeError::Failure(error)) => Err(error.to_string()),
    }
}

fn answers() -> Mutation {
    let key = ws_handshake::client_key(RANDOM);
    let accept = derive_accept_key(key.as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n"
    );
    let corpus = [
        format!("{head}\r\n"),
        format!("{head}\r\n\u{1}\u{2}"),
        format!("{head}Sec-WebSocket-Protocol: chat\r\n\r\n"),
        format!(
            "{head}Sec-WebSocket-Protocol: chat.2\r\nSec-WebSocket-Extensions: permessage-deflate; a=1\r\n\r\n"
        ),
        format!("HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n{head}\r\n"),
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno".to_string(),
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_string(),
    ];
    let accept = format!("Sec-WebSocket-Accept: {accept}\r\n").into_bytes();
    Mutation {
        corpus: corpus.map(String::into_bytes).to_vec(),
        pieces: [all(PIECES), vec![accept, b"HTTP/1.1 101 X\r\n".to_vec()]].concat(),
        joins: false,
    }
}

/// What a client makes of an answer.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Opened(Option<String>, Vec<Extension>, Vec<u8>),
    Unopened(Unopened),
}

fn ask<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Said {
    let mut opening = Opening::new("a", "/", RANDOM, None)
        .subprotocols(&PROTOCOLS)
        .extension("permessage-deflate");
    let mut said = Said::Nothing;
    for piece in pieces {
        if let Said::Opened(_, _, rest) = &mut said {
            rest.extend_from_slice(piece);
            continue;
        }
        opening.receive_data(piece);
        // An answer that is still to come may stand behind another one.
        for _ in 0..piece.len() {
            match opening.next_event() {
                Ok(None) => {}
                Ok(Some(it)) => {
                    said = Said::Opened(it.subprotocol, it.extensions, it.rest);
                    break;
                }
                Err(why) => return Said::Unopened(why),
            }
        }
    }
    said
}

fn check_answer(bytes: &[u8]) -> Checked {
    let ours = ask([bytes]);
    let in_pieces = ask(cuts(bytes));
    if in_pieces != ours {
        return Err(format!("in pieces it is {in_pieces:?}, at once {ours:?}"));
    }
    let theirs = they_open(head(bytes));
    match (&ours, theirs) {
        (Said::Opened(_, _, rest), theirs) => {
            if !bytes.ends_with(rest) {
                return Err(format!("the bytes behind the head are {rest:?}"));
            }
            match theirs {
                Ok(()) => Ok("taken"),
                // It takes the first answer, whatever its status.
                Err(_) if head(bytes).len() + rest.len() < bytes.len() => Ok(INTERIM),
                Err(why) if is_list(&why) => Ok(LISTS),
                Err(why) if is_other_version(bytes) && why.contains("HTTP version") => Ok(VERSION),
                Err(why) => Err(format!("only we take it: {why}")),
            }
        }
        (_, Ok(())) => Ok(STRICTER),
        (Said::Nothing, _) => Ok("waiting for more"),
        (Said::Unopened(_), _) => Ok("refused"),
    }
}

/// Whether tungstenite takes the answer.
fn they_open(bytes: &[u8]) -> Result<(), String> {
    let request = Request::builder()
        .uri("ws://a/")
        .header("Host", "a")
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", ws_handshake::client_key(RANDOM));
    // Once it has offered one, it takes no answer without (RFC 6455, section 4.2.2, allows that).
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let request = match text.contains("\nsec-websocket-protocol:") {
        true => request.header("Sec-WebSocket-Protocol", PROTOCOLS.join(", ")),
        false => request,
    };
    let request = request.body(()).map_err(|error| error.to_string())?;
    let handshake = ClientHandshake::start(Wire::new(bytes), request, None);
    match handshake.map_err(|error| error.to_string())?.handshake() {
        Ok(_) => Ok(()),
        Err(HandshakeError::Interrupted(_)) => Err("it waits for more".to_string()),
        Err(HandshakeError::Failure(error)) => Err(error.to_string()),
    }
}

fn offers() -> Mutation {
    let corpus = [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits=10; client_max_window_bits=\"12\"",
        "permessage-deflate; server_max_window_bits=9, permessage-deflate",
        "x-webkit-deflate-frame, permessage-deflate;client_max_window_bits=15",
        "a; b = c, d",
    ];
    let pieces = [
        ",",
        ";",
        "=",
        "\"",
        " ",
        "\t",
        "\\",
        "\u{e9}",
        "0",
        "8",
        "9",
        "15",
        "16",
        "+",
        "a",
        "permessage-deflate",
        "; client_max_window_bits",
        "; server_max_window_bits",
        "; client_no_context_takeover",
        "; server_no_context_takeover",
        "=10",
    ];
    Mutation {
        corpus: all(&corpus),
        pieces: all(&pieces),
        joins: false,
    }
}

fn check_offers(bytes: &[u8]) -> Checked {
    let Some(offered) = extensions([bytes].into_iter()) else {
        return Ok("no list");
    };
    let written: Vec<String> = offered.iter().map(written).collect();
    let again = extensions([written.join(", ").as_bytes()].into_iter());
    if again.as_ref() != Some(&offered) {
        return Err(format!("{offered:?} is written and read again {again:?}"));
    }
    let Some((agreed, field)) = ws_deflate::accept(&offered) else {
        return Ok("declined");
    };
    let read = extensions([field.as_bytes()].into_iter());
    let Some([answer]) = read.as_deref() else {
        return Err(format!("the answer {field:?} is no extension"));
    };
    // What a client has not said it may not be told.
    let fits = |offer: &&Extension| {
        let names = |(name, _): &(String, _)| offer.parameters.iter().any(|(one, _)| one == name);
        offer.name == answer.name && answer.parameters.iter().all(names)
    };
    if !offered.iter().any(|offer| fits(&offer)) {
        return Err(format!("the answer {field:?} was not offered"));
    }
    match ws_deflate::accepted(answer) {
        Some(same) if same == agreed => Ok("taken"),
        other => Err(format!(
            "agreed is {agreed:?}, and a client reads {other:?}"
        )),
    }
}

/// As it may stand on the wire.
fn written(extension: &Extension) -> String {
    let parameters = extension
        .parameters
        .iter()
        .map(|(name, value)| match value {
            Some(value) => format!("; {name}={value}"),
            None => format!("; {name}"),
        });
    [extension.name.clone()]
        .into_iter()
        .chain(parameters)
        .collect()
}

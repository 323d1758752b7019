//! What both sides agree on (RFC 7692, section 7.1).

use ws_frames::Role;
use ws_handshake::{Extension, Opened, Unopened, Upgrade};
use ws_session::Compression;
#[cfg(doc)]
use ws_session::Session;

use crate::deflate::Deflate;

/// The extension's name.
pub const NAME: &str = "permessage-deflate";

/// What our clients offer: everything.
pub const OFFER: &str = "permessage-deflate; client_max_window_bits";

/// Of a window, the least and the most (section 7.1.2).
const LEAST_BITS: u8 = 8;
const MOST_BITS: u8 = 15;

/// The least that zlib compresses with. It would make 9 of 8, and a peer that remembers no more than 256
/// bytes could not read that.
pub(crate) const LEAST_OURS: u8 = 9;

// ANCHOR: agreed
/// How messages are compressed, in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// What the server sends.
    pub server: Window,
    /// What the client sends.
    pub client: Window,
}

/// One direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// A message may refer back by two to this power bytes.
    pub bits: u8,
    /// Also to the messages before it. Otherwise each begins anew: a little longer, but there is nothing to
    /// remember between two.
    pub takeover: bool,
}
// ANCHOR_END: agreed

const USUAL: Window = Window {
    bits: MOST_BITS,
    takeover: true,
};

// ANCHOR: accept
/// Accepts the first of a client's offers that can be accepted, and says so as a value of the field
/// Sec-WebSocket-Extensions. `None`: the messages will not be compressed.
pub fn accept(offered: &[Extension]) -> Option<(Agreed, String)> {
    let offers = offered.iter().filter(|offer| offer.name == NAME);
    offers
        .filter_map(read)
        .find(|asked| asked.server_bits.is_none_or(|bits| bits >= LEAST_OURS))
        .map(|asked| answer(&asked))
}
// ANCHOR_END: accept

// ANCHOR: agree
/// Accepts what a client offers in its handshake, if anything, and lets the response say so. What is returned
/// is for [`Session::server`].
pub fn agree(upgrade: &mut Upgrade) -> Option<Box<dyn Compression>> {
    let (agreed, field) = accept(&upgrade.offered)?;
    upgrade.fields.push(("Sec-WebSocket-Extensions", field));
    Some(Box::new(Deflate::new(Role::Server, agreed)))
}
// ANCHOR_END: agree

// ANCHOR: accepted
/// What a client may do after the server has said `extension`. `None`: that is no answer to [`OFFER`], and the
/// connection must be failed (section 7.1).
pub fn accepted(extension: &Extension) -> Option<Agreed> {
    let asked = (extension.name == NAME).then(|| read(extension))??;
    // An answer has a number, where an offer may have none.
    let numbered = asked.client_bits != Some(None);
    numbered.then(|| answer(&asked).0)
}
// ANCHOR_END: accepted

/// What a client has agreed on that has offered [`OFFER`]. What is returned is for [`Session::client`].
///
/// # Errors
///
/// The server has accepted what it was not offered: there must be no WebSocket.
pub fn confirm(opened: &Opened) -> Result<Option<Box<dyn Compression>>, Unopened> {
    let agreed = match opened.extensions.as_slice() {
        [] => return Ok(None),
        [one] => accepted(one),
        _ => None, // Not two times the same.
    };
    match agreed {
        Some(agreed) => Ok(Some(Box::new(Deflate::new(Role::Client, agreed)))),
        None => Err(Unopened::Invalid(
            "it accepts compression that was not offered",
        )),
    }
}

/// The parameters of an offer.
#[derive(Debug, Default)]
struct Asked {
    server_no_takeover: bool,
    client_no_takeover: bool,
    server_bits: Option<u8>,
    client_bits: Option<Option<u8>>,
}

/// `None` for a parameter that means nothing, comes twice, or has a wrong value: such an offer is declined.
fn read(extension: &Extension) -> Option<Asked> {
    let mut asked = Asked::default();
    for (name, value) in &extension.parameters {
        let bits = value.as_deref().map(bits);
        let is_new = match (name.as_str(), bits) {
            ("server_no_context_takeover", None) => {
                !std::mem::replace(&mut asked.server_no_takeover, true)
            }
            ("client_no_context_takeover", None) => {
                !std::mem::replace(&mut asked.client_no_takeover, true)
            }
            ("server_max_window_bits", Some(Some(bits))) => {
                asked.server_bits.replace(bits).is_none()
            }
            ("client_max_window_bits", None) => asked.client_bits.replace(None).is_none(),
            ("client_max_window_bits", Some(Some(bits))) => {
                asked.client_bits.replace(Some(bits)).is_none()
            }
            _ => false,
        };
        if !is_new {
            return None;
        }
    }
    Some(asked)
}

/// No sign, no zero in front.
fn bits(value: &str) -> Option<u8> {
    let bits = value.parse().ok()?;
    let good = (LEAST_BITS..=MOST_BITS).contains(&bits) && !value.starts_with(['0', '+']);
    good.then_some(bits)
}

fn answer(asked: &Asked) -> (Agreed, String) {
    let mut agreed = Agreed {
        server: USUAL,
        client: USUAL,
    };
    let mut field = NAME.to_string();
    if asked.server_no_takeover {
        agreed.server.takeover = false;
        field += "; server_no_context_takeover";
    }
    if asked.client_no_takeover {
        agreed.client.takeover = false;
        field += "; client_no_context_takeover";
    }
    if let Some(bits) = asked.server_bits {
        agreed.server.bits = bits;
        field += &format!("; server_max_window_bits={bits}");
    }
    if let Some(Some(bits)) = asked.client_bits {
        agreed.client.bits = bits;
        field += &format!("; client_max_window_bits={bits}");
    }
    (agreed, field)
}

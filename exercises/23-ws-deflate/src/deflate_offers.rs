//! Exercise: parameters that both sides agree on.

/// A parameter of an offer, as it stands in Sec-WebSocket-Extensions: its name, and its value when it has
/// one.
pub type Parameter<'a> = (&'a str, Option<&'a str>);

/// The smallest window that can be agreed on has two to this power bytes. RFC 7692 allows 8, too; zlib
/// cannot write for it, and so it is declined here. (It can read what a client writes for it, and the
/// lesson's own library lets a client do that.)
pub const LEAST_BITS: u8 = 9;

/// The largest one, and what holds when nothing is said.
pub const MOST_BITS: u8 = 15;

/// The window that this server wishes of a client: it refers back by 4 KiB at most, and not by 32.
pub const CLIENT_BITS: u8 = 12;

/// What a server answers to an offer (RFC 7692, section 7.1): the parameters of its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// The server begins each message anew.
    pub server_no_context_takeover: bool,
    /// The client begins each message anew.
    pub client_no_context_takeover: bool,
    /// The server refers back no further than two to this power bytes.
    pub server_max_window_bits: Option<u8>,
    /// The client refers back no further.
    pub client_max_window_bits: Option<u8>,
}

impl Agreed {
    /// As it stands in the answer. This part is given.
    pub fn field(&self) -> String {
        let mut field = "permessage-deflate".to_string();
        if self.server_no_context_takeover {
            field += "; server_no_context_takeover";
        }
        if self.client_no_context_takeover {
            field += "; client_no_context_takeover";
        }
        if let Some(bits) = self.server_max_window_bits {
            field += &format!("; server_max_window_bits={bits}");
        }
        if let Some(bits) = self.client_max_window_bits {
            field += &format!("; client_max_window_bits={bits}");
        }
        field
    }
}

/// The number in a value: from [`LEAST_BITS`] to [`MOST_BITS`], in digits, without a sign and without a
/// zero in front. `None` for anything else.
fn bits(value: &str) -> Option<u8> {
    todo!("digits only, no zero in front, and within the two limits")
}

/// What the server answers to one offer; `None` when it declines it.
///
/// - `server_no_context_takeover` and `client_no_context_takeover` have no value. The answer says them
///   when the offer did, and only then.
/// - `server_max_window_bits` has a value. The answer has the same.
/// - `client_max_window_bits` says that the client knows this parameter; with a value, that it will use no
///   more than that. The answer has [`CLIENT_BITS`], or the client's value when that is less. A client
///   that has not said it may not be told it.
/// - An offer is declined as a whole when anything in it is not as it should be: a parameter that is not
///   one of these four (also in other letters, as `Server_Max_Window_Bits`), a parameter that comes twice,
///   a value where none belongs or none where one does, a value that is no number of bits.
///
/// What will come: no parameter at all, which is a good offer; all four, in any order.
///
/// Example: to `server_max_window_bits=10; client_max_window_bits` the answer is
/// `server_max_window_bits=10; client_max_window_bits=12`.
pub fn answer(offer: &[Parameter]) -> Option<Agreed> {
    todo!(
        "begin with the answer that says nothing; for each parameter, put in what it asks for, but decline the offer when it is not good or was there before"
    )
}

/// What the server answers to a client: to the first of its offers that is not declined, since a client
/// offers what it likes best first. `None` when there is no such offer; then messages go as they are.
///
/// What will come: no offer; several, of which the first is declined, or the last, or all.
pub fn accept(offers: &[&[Parameter]]) -> Option<Agreed> {
    todo!("the answer to the first offer that has one")
}

//! Status codes, and why a request is refused.

use std::fmt;

/// A status code of RFC 9110, section 15: what became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// The client may send its body.
    pub const CONTINUE: Self = Self(100);
    /// From now on, this connection speaks another protocol.
    pub const SWITCHING_PROTOCOLS: Self = Self(101);
    /// Here it is.
    pub const OK: Self = Self(200);
    /// Done, and there is nothing to show.
    pub const NO_CONTENT: Self = Self(204);
    /// Here is the part that was asked for.
    pub const PARTIAL_CONTENT: Self = Self(206);
    /// It is at another address, for good.
    pub const MOVED_PERMANENTLY: Self = Self(301);
    /// It is at another address this time.
    pub const FOUND: Self = Self(302);
    /// What the client has is still right.
    pub const NOT_MODIFIED: Self = Self(304);
    /// This is no HTTP, or it could be read in two ways.
    pub const BAD_REQUEST: Self = Self(400);
    /// Not for this client.
    pub const FORBIDDEN: Self = Self(403);
    /// There is no such thing.
    pub const NOT_FOUND: Self = Self(404);
    /// There is, and this cannot be done with it.
    pub const METHOD_NOT_ALLOWED: Self = Self(405);
    /// The request did not come in time.
    pub const REQUEST_TIMEOUT: Self = Self(408);
    /// What the client made a condition does not hold.
    pub const PRECONDITION_FAILED: Self = Self(412);
    /// The body is longer than the server takes.
    pub const CONTENT_TOO_LARGE: Self = Self(413);
    /// The target is longer than the server takes.
    pub const URI_TOO_LONG: Self = Self(414);
    /// The part that was asked for is not in it.
    pub const RANGE_NOT_SATISFIABLE: Self = Self(416);
    /// The server cannot do what the client expects.
    pub const EXPECTATION_FAILED: Self = Self(417);
    /// The request was meant for somebody else.
    pub const MISDIRECTED_REQUEST: Self = Self(421);
    /// The head is longer than the server takes (RFC 6585).
    pub const HEADER_FIELDS_TOO_LARGE: Self = Self(431);
    /// The server has failed.
    pub const INTERNAL_SERVER_ERROR: Self = Self(500);
    /// The server does not know how.
    pub const NOT_IMPLEMENTED: Self = Self(501);
    /// The server has too much to do.
    pub const SERVICE_UNAVAILABLE: Self = Self(503);
    /// The server does not speak that version.
    pub const VERSION_NOT_SUPPORTED: Self = Self(505);

    /// The phrase for people. Programs ignore it (RFC 9112, section 4).
    pub fn phrase(self) -> &'static str {
        match self.0 {
            100 => "Continue",
            101 => "Switching Protocols",
            200 => "OK",
            204 => "No Content",
            206 => "Partial Content",
            301 => "Moved Permanently",
            302 => "Found",
            304 => "Not Modified",
            400 => "Bad Request",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            410 => "Gone",
            412 => "Precondition Failed",
            413 => "Content Too Large",
            414 => "URI Too Long",
            416 => "Range Not Satisfiable",
            417 => "Expectation Failed",
            421 => "Misdirected Request",
            426 => "Upgrade Required",
            431 => "Request Header Fields Too Large",
            500 => "Internal Server Error",
            501 => "Not Implemented",
            503 => "Service Unavailable",
            505 => "HTTP Version Not Supported",
            _ => "",
        }
    }

    /// Whether responses with this status have no body, whatever their fields say: RFC 9112,
    /// section 6.3.
    pub fn is_bodiless(self) -> bool {
        matches!(self.0, 100..=199 | 204 | 304)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.phrase())
    }
}

/// A request that is not answered as it wished: nobody can tell where the next one begins, so the
/// connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What the client is told.
    pub status: Status,
    /// What is wrong, for people.
    pub why: &'static str,
}

impl Refused {
    pub(crate) const fn new(status: Status, why: &'static str) -> Self {
        Self { status, why }
    }

    pub(crate) const fn bad(why: &'static str) -> Self {
        Self::new(Status::BAD_REQUEST, why)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.why)
    }
}

impl std::error::Error for Refused {}

//! Shows a request that two parsers take for different requests, and what this lesson's server says to it.

use std::process::ExitCode;

use http::{Connection, MAX_BODY};

const HELP: &str = "
Usage: two-readings

Gives the same bytes to two parsers that forgive, and to the connection of this
lesson. It uses no network.
";

const END_OF_HEAD: &str = "\r\n\r\n";
const LAST_CHUNK: &str = "0\r\n\r\n";

// ANCHOR: bytes
/// One request or two? It depends on whom you ask.
const BYTES: &str = "POST /search HTTP/1.1\r\n\
    Host: shop\r\n\
    Content-Length: 40\r\n\
    Transfer-Encoding: chunked\r\n\
    \r\n\
    0\r\n\
    \r\n\
    GET /admin HTTP/1.1\r\n\
    Host: shop\r\n\
    \r\n";
// ANCHOR_END: bytes

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        println!("{}", HELP.trim());
        return ExitCode::SUCCESS;
    }
    println!("the bytes:");
    for line in BYTES.split_inclusive('\n') {
        println!("  {}", line.escape_debug());
    }
    for field in ["Content-Length", "Transfer-Encoding"] {
        println!("\nwhoever believes {field} reads:");
        for (line, length) in requests(BYTES, field) {
            println!("  {line}, with {length} bytes of body");
        }
    }
    println!("\nthe server of this lesson reads:");
    let mut connection = Connection::new(MAX_BODY);
    connection.receive_data(BYTES.as_bytes());
    match connection.next_event() {
        Ok(event) => println!("  {event:?}"),
        Err(refused) => println!("  nothing; {refused}"),
    }
    ExitCode::SUCCESS
}

// ANCHOR: requests
/// The requests that a parser finds: the first line, and bytes of body. It believes one field and
/// ignores the other. Of chunked bodies it knows the shortest, which is enough here.
fn requests<'a>(mut bytes: &'a str, believed: &str) -> Vec<(&'a str, usize)> {
    let mut found = Vec::new();
    while let Some((head, rest)) = bytes.split_once(END_OF_HEAD) {
        let length = match value(head, believed) {
            Some("chunked") if rest.starts_with(LAST_CHUNK) => LAST_CHUNK.len(),
            Some(number) => number.parse().unwrap_or(0),
            None => 0,
        };
        found.push((head.lines().next().unwrap_or_default(), length));
        bytes = rest.get(length..).unwrap_or_default();
    }
    found
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    let mut values = fields.filter(|(field, _)| *field == name);
    values.next().map(|(_, value)| value)
}
// ANCHOR_END: requests

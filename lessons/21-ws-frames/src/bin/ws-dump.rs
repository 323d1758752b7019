//! Explains the bytes of a WebSocket, field by field.

use std::env;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use ws_frames::{Part, Role, explain};

const HELP: &str = "
Usage: ws-dump [--client | --server] [--deflate] [BYTES...]

Explains what one side of a WebSocket has sent: every byte, the first two of
each frame bit by bit, and what is wrong with them.

BYTES are hexadecimal digits, as in `ws-dump 81 05 48 65 6c 6c 6f`. Without
them, standard input is read, up to 256 KiB: digits too, or the bytes
themselves, as in `ws-dump < FILE`.

--client, --server: who has sent them; otherwise the first frame's mask tells
--deflate: both sides have agreed on compression (RFC 7692)

Exit code: 0, or 1 when something is wrong with the bytes, or missing.
";

/// Bytes that are read, at most: four of the longest frames that need no length of eight bytes.
const MAX_INPUT: u64 = 256 << 10;

/// It was started with arguments that it does not understand.
const WRONG_USAGE: u8 = 2;

// ANCHOR: main
fn main() -> ExitCode {
    let (mut from, mut compresses, mut digits) = (None, false, String::new());
    for argument in env::args_os().skip(1) {
        match &*argument.to_string_lossy() {
            "--help" | "-h" => {
                println!("{}", HELP.trim());
                return ExitCode::SUCCESS;
            }
            "--client" | "--server" if from.is_some() => {
                eprintln!("Give one of --client and --server, once. Try --help.");
                return ExitCode::from(WRONG_USAGE);
            }
            "--client" => from = Some(Role::Client),
            "--server" => from = Some(Role::Server),
            "--deflate" => compresses = true,
            bytes => digits.extend([bytes, " "]),
        }
    }
    let bytes = match digits.is_empty() {
        true => from_input(),
        false => from_digits(&digits)
            .ok_or_else(|| format!("\"{}\" is not pairs of digits.", digits.trim_end())),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(sentence) => {
            eprintln!("{sentence} Try --help.");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    let explanation = explain(&bytes, from, compresses);
    let is_bad = |part: &Part| matches!(part, Part::Wrong(_) | Part::Missing(_));
    let is_good = !explanation.parts.iter().any(is_bad);
    // When nobody reads on, as in `ws-dump < FILE | head`, there is nobody to tell.
    let printed = write!(io::stdout().lock(), "{explanation}");
    match is_good && printed.is_ok() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
// ANCHOR_END: main

fn from_input() -> Result<Vec<u8>, String> {
    let mut input = Vec::new();
    let read = io::stdin().take(MAX_INPUT + 1).read_to_end(&mut input);
    match read {
        Err(error) => Err(format!("Standard input cannot be read: {error}.")),
        Ok(0) => Err("There are no bytes.".to_string()),
        Ok(_) if input.len() as u64 > MAX_INPUT => {
            Err(format!("There are more than {MAX_INPUT} bytes."))
        }
        // No frame begins with a digit: it would have a reserved bit.
        Ok(_) => Ok(str::from_utf8(&input)
            .ok()
            .and_then(from_digits)
            .unwrap_or(input)),
    }
}

/// Pairs of hexadecimal digits, however they are laid out: `81 05`, `8105`, `0x81, 0x05`, `81:05`.
fn from_digits(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for word in text.split([' ', '\n', '\r', '\t', ',', ':']) {
        let word = word.strip_prefix("0x").unwrap_or(word);
        let (pairs, []) = word.as_bytes().as_chunks::<2>() else {
            return None;
        };
        for [high, low] in pairs {
            let digit = |letter: &u8| char::from(*letter).to_digit(16);
            bytes.push((digit(high)? << 4 | digit(low)?) as u8);
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}

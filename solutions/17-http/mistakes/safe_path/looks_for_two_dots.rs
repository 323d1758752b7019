//! hint: names-with-a-dot
//! Looks for `..` anywhere in the text, and for nothing else.

use std::path::{Path, PathBuf};

pub fn decoded(name: &str) -> Option<String> {
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

pub fn safe_path(root: &Path, path: &str) -> Option<PathBuf> {
    let path = decoded(path)?;
    if path.contains("..") {
        return None;
    }
    let full = root.join(path.trim_matches('/'));
    full.canonicalize().ok()
}

//! hint: names-with-a-dot
//! Removes ../ once, and makes a new one of ....// by that.

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
    let path = decoded(path)?.replace("../", "");
    let full = root.join(path.trim_matches('/'));
    full.canonicalize().ok()
}

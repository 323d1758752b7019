//! hint: names-with-a-dot
//! Refuses `..` and shows what is hidden.

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
    let mut full = root.to_path_buf();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let name = decoded(name)?;
        if name == ".." || name.contains(['/', '\\', ':', '\0']) {
            return None;
        }
        full.push(name);
    }
    let real = full.canonicalize().ok()?;
    real.starts_with(root).then_some(real)
}

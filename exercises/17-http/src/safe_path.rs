//! Exercise: a path that stays in its folder.

use std::path::{Path, PathBuf};

/// Undoes the percent-encoding of a name, once: `%41` is `A`, and `%2541` is `%41` (RFC 3986,
/// section 2.1). `None` when something else than two hexadecimal digits follows a percent sign, or
/// when the result is not UTF-8.
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

/// The file or folder below `root` that the path of a request means, with all links resolved; or
/// `None`, when the answer is 404 Not Found.
///
/// `path` begins with `/`, is percent-encoded, and has no query. `root` is an existing folder, and
/// canonical (no links, no `..`). Empty names, as in `/a//b` and `/a/`, mean nothing: they are left
/// out. `/` is `root` itself.
///
/// `None` for every path with a name that, decoded, begins with a dot (`.`, `..`, and hidden files
/// such as `.git`), or holds `/`, `\`, `:` or NUL, which make more of a name than a name on some
/// system; for what cannot be decoded; for what does not exist; and for what lies outside of `root`
/// in the end, because a symbolic link leads there. A link that stays below `root` is fine.
///
/// What will come: good paths, with spaces and Korean letters in them; `/../secret`,
/// `/%2e%2e/secret`, `/..%2fsecret`, `/....//secret`, `//etc/passwd`, `/%252e%252e/secret`; links to
/// the outside; a folder beside `root` whose name begins like that of `root`.
///
/// Example: with the root `/srv/www`, `/a%20b/c.html` is `/srv/www/a b/c.html`, if there is one.
pub fn safe_path(root: &Path, path: &str) -> Option<PathBuf> {
    todo!(
        "cut the path into names, decode each once, refuse the bad ones; then resolve all links and look whether it is still below root"
    )
}

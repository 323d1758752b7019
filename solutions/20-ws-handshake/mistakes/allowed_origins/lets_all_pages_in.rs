//! hint: other-pages
//! Does not look at the origin at all.

pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    let _ = (fields, allowed);
    101
}

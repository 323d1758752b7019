//! Exercise: text of many lines in one event.

/// The name cannot be written: it has a line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// Writes one Server-Sent Event (WHATWG HTML, section 9.2.5).
///
/// An event is made of lines, and a blank line ends it. A line is the name of a field, a colon, a
/// space, and the field's value: `id` has the event's number, `event` the name for which a page
/// listens, `data` the text. A line ends with LF; but CR alone, and CR LF, are line ends as well,
/// wherever they stand. So no value can hold one, and text of many lines has a field `data` for each
/// of them. The client joins them again, with LF between them. Of a value that begins with a space it
/// takes one away.
///
/// What will come: text of one line and of many; lines with nothing in them, also the first and the
/// last; no text at all, which is an event too; CR, LF and CR LF, which all arrive as LF; text that
/// begins with spaces or with a colon, or looks like a field; events without number or name.
///
/// Example: `encode(Some(7), None, "a\nb")` is `Ok("id: 7\ndata: a\ndata: b\n\n")`.
///
/// # Errors
/// [`Refused`] for a name with a line end: what stands behind it would be another field, and of the
/// choice of whoever chose the name.
pub fn encode(id: Option<u64>, name: Option<&str>, data: &str) -> Result<String, Refused> {
    todo!(
        "a line for the number, one for the name, one for each line of the text, and a blank line; but refuse a name with a line end"
    )
}

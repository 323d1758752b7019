//! Bytes that travelled, as people read them.

/// Offset, bytes and letters, sixteen in a line.
pub fn hexdump(bytes: &[u8]) -> String {
    let mut dump = String::new();
    for (number, row) in bytes.chunks(16).enumerate() {
        let hex: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let letters: String = row
            .iter()
            .map(|byte| match byte {
                b' '..=b'~' => char::from(*byte),
                _ => '.',
            })
            .collect();
        let letters = letters.trim_end();
        dump += &format!("  {:04x}  {:47}  {letters}\n", number * 16, hex.join(" "));
    }
    dump
}

/// Line by line, and what cannot be seen is written out.
pub fn lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split_inclusive('\n');
    lines
        .map(|line| format!("  {}\n", line.replace('\r', "\\r").replace('\n', "\\n")))
        .collect()
}

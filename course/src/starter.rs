//! The solution is the source: a starter is the solution with each marked region replaced by a `todo!`.

use std::path::Path;

const BEGIN: &str = "// BEGIN SOLUTION";
const END: &str = "// END SOLUTION";
/// rustfmt's line width, so that a starter is formatted as its solution is.
const LINE_WIDTH: usize = 100;

/// Makes the starter.
///
/// # Errors
/// A sentence with file and line when markers are unbalanced or nested, or a region has no sentence.
pub fn starter(solution: &str, file: &Path) -> Result<String, String> {
    rewrite(solution, file, |indentation, sentence, _answer, out| {
        let literal = format!("{sentence:?}")
            .replace('{', "{{")
            .replace('}', "}}");
        let line = format!("{indentation}todo!({literal})");
        if line.chars().count() <= LINE_WIDTH {
            out.push_str(&line);
        } else {
            out.push_str(&format!(
                "{indentation}todo!(\n{indentation}    {literal}\n{indentation})"
            ));
        }
        out.push('\n');
    })
}

/// The solution as a student wants to read it: without the markers.
///
/// # Errors
/// As `starter`.
pub fn answer(solution: &str, file: &Path) -> Result<String, String> {
    rewrite(solution, file, |_indentation, _sentence, answer, out| {
        out.push_str(answer)
    })
}

fn rewrite(
    solution: &str,
    file: &Path,
    mut region: impl FnMut(&str, &str, &str, &mut String),
) -> Result<String, String> {
    let at = |number: usize, what: &str| format!("{}:{number}: {what}", file.display());
    let mut out = String::new();
    let mut lines = (1..).zip(solution.lines()).peekable();
    let mut regions = 0;
    while let Some((begin, line)) = lines.next() {
        let text = line.trim_start();
        if text.starts_with(END) {
            return Err(at(begin, "END SOLUTION without a BEGIN SOLUTION above it"));
        }
        let Some(after) = text.strip_prefix(BEGIN) else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        regions += 1;
        let mut sentence = after.trim_start_matches(':').trim().to_owned();
        while let Some((_, more)) = lines.next_if(|(_, next)| is_comment(next)) {
            sentence.push(' ');
            sentence.push_str(more.trim_start().trim_start_matches('/').trim());
        }
        if sentence.is_empty() {
            return Err(at(
                begin,
                "BEGIN SOLUTION needs a sentence: `// BEGIN SOLUTION: what the student is to do`",
            ));
        }
        let mut answer = String::new();
        loop {
            match lines.next() {
                None => return Err(at(begin, "this BEGIN SOLUTION has no END SOLUTION")),
                Some((_, line)) if line.trim_start().starts_with(END) => break,
                Some((number, line)) if line.trim_start().starts_with(BEGIN) => {
                    return Err(at(
                        number,
                        &format!("BEGIN SOLUTION inside the one of line {begin}"),
                    ));
                }
                Some((_, line)) => {
                    answer.push_str(line);
                    answer.push('\n');
                }
            }
        }
        region(
            &line[..line.len() - text.len()],
            sentence.trim(),
            &answer,
            &mut out,
        );
    }
    if regions == 0 {
        return Err(at(
            1,
            "no BEGIN SOLUTION: nothing is left for the student to write",
        ));
    }
    Ok(out)
}

fn is_comment(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with("//") && !text.starts_with(BEGIN) && !text.starts_with(END)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(solution: &str) -> Result<String, String> {
        starter(solution, Path::new("answer.rs"))
    }

    #[test]
    fn a_region_becomes_its_sentence() {
        let solution = "fn f() -> u8 {\n    // BEGIN SOLUTION: return \"{one}\"\n    // and no more.\n    1\n    // END SOLUTION\n}\n";
        let expected = "fn f() -> u8 {\n    todo!(\"return \\\"{{one}}\\\" and no more.\")\n}\n";
        assert_eq!(made(solution).unwrap(), expected);
        assert_eq!(
            answer(solution, Path::new("answer.rs")).unwrap(),
            "fn f() -> u8 {\n    1\n}\n"
        );
    }

    #[test]
    fn a_long_sentence_goes_on_a_line_of_its_own() {
        let sentence = "x".repeat(90);
        let solution = format!("    // BEGIN SOLUTION: {sentence}\n    // END SOLUTION\n");
        assert_eq!(
            made(&solution).unwrap(),
            format!("    todo!(\n        \"{sentence}\"\n    )\n")
        );
    }

    #[test]
    fn unbalanced_markers_are_named_with_their_line() {
        let cases = [
            ("a\n// END SOLUTION\n", "answer.rs:2: END"),
            ("// BEGIN SOLUTION: a\nx\n", "answer.rs:1: this BEGIN"),
            (
                "// BEGIN SOLUTION: a\nx\n// BEGIN SOLUTION: b\n",
                "answer.rs:3: BEGIN SOLUTION inside the one of line 1",
            ),
            (
                "// BEGIN SOLUTION\nx\n// END SOLUTION\n",
                "answer.rs:1: BEGIN SOLUTION needs a sentence",
            ),
            ("fn f() {}\n", "answer.rs:1: no BEGIN"),
        ];
        for (solution, expected) in cases {
            let problem = made(solution).unwrap_err();
            assert!(problem.starts_with(expected), "{problem}");
        }
    }
}

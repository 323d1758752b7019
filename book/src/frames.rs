//! ```` ```frames ```` fences: the frame lab, in which a reader writes the bytes of WebSocket frames and sees what they mean.
//!
//! A fence is one of bytes (`bytes.rs`), with a recording of lesson 21: that is what the page shows without script. With
//! `assets/frames.js`, the reader's bytes are explained by lesson 21's own program `ws-dump`, in one of two ways:
//!
//! - in the page itself, also when it was opened as a file: the program is built for WebAssembly, where the target
//!   [`TARGET`] is installed, and stands in the page;
//! - by the course's server, at `/lab/frames`, where it is not.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::bytes;

/// A program for this target is ordinary Rust, and speaks to its surroundings by a few calls: the page answers those.
pub(crate) const TARGET: &str = "wasm32-wasip1";
/// Where the program is built, from the workspace root.
const FOLDER: &str = "target/wasm";

/// Bytes to begin with: names in English and Korean, who has sent them, and whether they are as they should be.
struct Example {
    names: [&'static str; 2],
    from: &'static str,
    bytes: &'static str,
    is_good: bool,
}

const fn good(names: [&'static str; 2], from: &'static str, bytes: &'static str) -> Example {
    Example {
        names,
        from,
        bytes,
        is_good: true,
    }
}

const fn broken(names: [&'static str; 2], from: &'static str, bytes: &'static str) -> Example {
    Example {
        names,
        from,
        bytes,
        is_good: false,
    }
}

const EXAMPLES: [Example; 17] = [
    good(
        ["A text from a client", "클라이언트가 보낸 텍스트"],
        "client",
        "81 85 37 fa 21 3d 7f 9f 4d 51 58",
    ),
    good(
        ["The same from a server", "같은 텍스트, 서버가 보냄"],
        "server",
        "81 05 48 65 6c 6c 6f",
    ),
    good(
        [
            "Two fragments with a ping in between",
            "두 조각과 그 사이의 ping",
        ],
        "server",
        "01 04 ec 95 88 eb 89 00 80 02 85 95",
    ),
    good(
        [
            "Goodbye, with a code and a reason",
            "작별: 종료 코드와 이유",
        ],
        "server",
        "88 06 03 e8 62 79 65 21",
    ),
    good(
        ["A length of 16 bits", "16비트 길이"],
        "server",
        "82 7e 00 7e 00 01 02 03",
    ),
    good(
        ["2^30 bytes are promised", "2^30바이트를 약속하는 헤더"],
        "client",
        "82 ff 00 00 00 00 40 00 00 00 37 fa 21 3d",
    ),
    broken(
        ["A client that does not mask", "마스킹하지 않은 클라이언트"],
        "client",
        "81 05 48 65 6c 6c 6f",
    ),
    broken(
        ["A server that masks", "마스킹한 서버"],
        "server",
        "81 85 37 fa 21 3d 7f 9f 4d 51 58",
    ),
    broken(
        ["A reserved bit", "예약된 비트"],
        "server",
        "c1 05 48 65 6c 6c 6f",
    ),
    broken(["No such opcode", "없는 오피코드"], "server", "83 00"),
    broken(["A ping in two parts", "둘로 나뉜 ping"], "server", "09 00"),
    broken(
        ["A ping of 126 bytes", "126바이트의 ping"],
        "server",
        "89 7e 00 7e",
    ),
    broken(
        ["5, in more bytes than it needs", "필요보다 길게 쓴 5"],
        "server",
        "82 7e 00 05 01 02 03 04 05",
    ),
    broken(
        ["A continuation of nothing", "이을 것이 없는 조각"],
        "server",
        "80 00",
    ),
    broken(
        ["A text that is no UTF-8", "UTF-8이 아닌 텍스트"],
        "server",
        "81 03 ed a0 80",
    ),
    broken(
        ["A code that is never sent", "보내서는 안 되는 종료 코드"],
        "server",
        "88 02 03 ed",
    ),
    broken(
        ["Half a close code", "반쪽 종료 코드"],
        "server",
        "88 01 03",
    ),
];

/// Text around the controls, in one language.
struct Words {
    examples: &'static str,
    good: &'static str,
    broken: &'static str,
    bytes: &'static str,
    from: &'static str,
    by_mask: &'static str,
    client: &'static str,
    server: &'static str,
    deflate: &'static str,
}

const ENGLISH: Words = Words {
    examples: "Begin with",
    good: "As it should be",
    broken: "Broken",
    bytes: "Bytes",
    from: "Sent by",
    by_mask: "whom the mask betrays",
    client: "a client",
    server: "a server",
    deflate: "compression is agreed on",
};

const KOREAN: Words = Words {
    examples: "시작할 예",
    good: "올바른 것",
    broken: "틀린 것",
    bytes: "바이트",
    from: "보낸 쪽",
    by_mask: "마스크를 보고 정하기",
    client: "클라이언트",
    server: "서버",
    deflate: "압축을 쓰기로 합의함",
};

/// Draws the text of a fence as a `<figure>`. `language` is `en` or `ko`.
pub(crate) fn draw(root: &Path, text: &str, language: &str, id: &str) -> Result<String, String> {
    let korean = usize::from(language == "ko");
    let Words {
        examples,
        good,
        broken,
        bytes,
        from,
        by_mask,
        client,
        server,
        deflate,
    } = [&ENGLISH, &KOREAN][korean];
    let options = |is_good| -> String {
        let wanted = EXAMPLES.iter().filter(|example| example.is_good == is_good);
        let option = |example: &Example| {
            let Example { names, from, .. } = example;
            let (name, bytes) = (names[korean], example.bytes);
            format!("<option value=\"{bytes}\" data-from=\"{from}\">{name}</option>")
        };
        wanted.map(option).collect()
    };
    let (as_it_should_be, not) = (options(true), options(false));
    let controls = format!(
        "<div class=\"frames-bar\" hidden><label>{examples} <select class=\"frames-examples\">\
         <optgroup label=\"{good}\">{as_it_should_be}</optgroup><optgroup label=\"{broken}\">{not}</optgroup></select></label>\
         <label>{from} <select class=\"frames-from\"><option value=\"\">{by_mask}</option>\
         <option value=\"client\">{client}</option><option value=\"server\">{server}</option></select></label>\
         <label><input type=\"checkbox\" class=\"frames-deflate\"> {deflate}</label>\
         <label class=\"frames-bytes\">{bytes} <textarea rows=\"3\" spellcheck=\"false\" autocomplete=\"off\"></textarea></label>\
         </div><p class=\"frames-state\" role=\"status\"></p>"
    );
    let words = match language {
        "ko" => json!(bytes::korean(root)?),
        _ => json!([]),
    };
    // In a script, `</` would be its end.
    let words = words.to_string().replace("</", "<\\/");
    let mut scripts =
        format!("<script type=\"application/json\" class=\"frames-words\">{words}</script>");
    if let Some(program) = program(root)? {
        scripts += &format!(
            "<script type=\"text/plain\" class=\"frames-program\">{}</script>",
            base64(&program)
        );
    }
    bytes::draw_with(root, text, language, id, &controls, &scripts)
}

/// What the lab begins with.
#[cfg(test)]
pub(crate) fn examples() -> impl Iterator<Item = Vec<u8>> {
    EXAMPLES.iter().map(|example| {
        let pairs = example.bytes.split(' ');
        pairs
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect()
    })
}

/// Whether programs can be built for the page.
pub(crate) fn is_target_installed(root: &Path) -> bool {
    let mut command = Command::new("rustc");
    command.args(["--print", "target-libdir", "--target", TARGET]);
    let said = command.current_dir(root).output();
    said.is_ok_and(|said| {
        let folder = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        said.status.success() && Path::new(&folder).is_dir()
    })
}

/// Lesson 21's program for the page; none where it cannot be built.
fn program(root: &Path) -> Result<Option<Vec<u8>>, String> {
    if !root.join("lessons/21-ws-frames").is_dir() || !is_target_installed(root) {
        return Ok(None);
    }
    let folder = root.join(FOLDER);
    let built = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--package", "ws-frames"])
        .args(["--bin", "ws-dump", "--profile", "page", "--target", TARGET])
        .arg("--target-dir")
        .arg(&folder)
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}."))?;
    if !built.status.success() {
        let said = String::from_utf8_lossy(&built.stderr);
        return Err(format!(
            "The program of the frame lab cannot be built for {TARGET}:\n{}",
            said.trim_end()
        ));
    }
    let file = folder.join(TARGET).join("page/ws-dump.wasm");
    let bytes = fs::read(&file);
    let bytes = bytes.map_err(|error| format!("{} cannot be read: {error}.", file.display()))?;
    Ok(Some(bytes))
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|at| u32::from(three.get(at).copied().unwrap_or(0)));
        let bits = a << 16 | b << 8 | c;
        for place in 0..4 {
            out.push(match place <= three.len() {
                true => char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]),
                false => '=',
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        // RFC 4648, section 10.
        let vectors = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        for (length, encoded) in vectors.iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), *encoded);
        }
    }

    #[test]
    fn without_the_lesson_the_recording_is_there() {
        let text = "title: A & B\na server's frame\n 0 │ 81 │ first byte │\n";
        let figure = draw(Path::new("/nowhere"), text, "en", "x").unwrap();
        assert!(figure.contains("<code>81</code>") && figure.contains("A &amp; B"));
        assert!(figure.contains("<option value=\"83 00\" data-from=\"server\">No such opcode"));
        assert!(!figure.contains("frames-program"));
        assert!(
            !figure.contains('\n'),
            "a blank line would end the HTML block in Markdown"
        );
    }
}

//! ```` ```lab ```` fences: a measurement that the reader starts, or, where nothing can be measured, a recorded one.
//!
//! ```text
//! lab: latency                          the recording, `book/labs/latency.json`
//! title: Two ways to hear of an event   shown under the figure
//! ways: poll-1s, long-poll              which of the recorded ways, in this order
//! ```
//!
//! The page holds a table of the recorded run, which needs no script. `assets/lab.js` draws it, and measures when the
//! course serves the page.
//!
//! A further way is a name below, a function in `assets/lab.js`, a colour in `assets/book.css`, an address in
//! `course/src/lab.rs`, and a new recording.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// The average time between two events, in milliseconds, that the page shows at first.
const FIRST_PACE: u64 = 1000;
/// How long a measurement takes, in milliseconds.
const LASTS: u64 = 20_000;

/// What the addresses and the recording call a way, and its names in English and Korean.
const WAYS: [(&str, [&str; 2]); 5] = [
    ("poll-1s", ["Polling every second", "1초마다 폴링"]),
    ("poll-100ms", ["Polling every 0.1 s", "0.1초마다 폴링"]),
    ("long-poll", ["Long polling", "롱 폴링"]),
    ("sse", ["Server-Sent Events", "Server-Sent Events"]),
    ("websocket", ["WebSocket", "WebSocket"]),
];

/// Text around a figure, in one language.
struct Words {
    pace: &'static str,
    /// Before the number of seconds or of events, and behind it.
    rare: [&'static str; 2],
    frequent: [&'static str; 2],
    recorded: &'static str,
    picture: &'static str,
    legend: &'static str,
    columns: [&'static str; 8],
}

const ENGLISH: Words = Words {
    pace: "Events",
    rare: ["one in ", " s"],
    frequent: ["", " a second"],
    recorded: "A recorded run.",
    picture: "For each way, delays of events over time; the table below has the numbers.",
    legend: "A dot stands where an event happened, as high as its delay; the dashed line is the median. Below each lane are \
             the requests, drawn for as long as the server held them, and grey when they brought nothing.",
    columns: [
        "Way",
        "Events",
        "Median delay, ms",
        "Longest, ms",
        "Requests",
        "Bytes up",
        "Bytes down",
        "Bytes an event",
    ],
};

const KOREAN: Words = Words {
    pace: "이벤트",
    rare: ["", "초에 하나"],
    frequent: ["1초에 ", "개"],
    recorded: "기록된 측정.",
    picture: "방법마다 시간에 따른 이벤트의 지연 시간. 숫자는 아래 표에 있습니다.",
    legend: "점은 이벤트가 일어난 때에 있고, 높이는 지연 시간입니다. 점선은 중앙값입니다. 그 아래 선은 요청이며, 서버가 \
             요청을 쥐고 있던 시간만큼 깁니다. 아무것도 가져오지 못한 요청은 회색입니다.",
    columns: [
        "방법",
        "이벤트",
        "지연 시간 중앙값, ms",
        "가장 긴 지연 시간, ms",
        "요청",
        "보낸 바이트",
        "받은 바이트",
        "이벤트당 바이트",
    ],
};

/// Draws the text of a lab as a `<figure>` whose ids begin with `id`. `language` is `en` or `ko`.
pub(crate) fn draw(root: &Path, text: &str, language: &str, id: &str) -> Result<String, String> {
    let korean = usize::from(language == "ko");
    let words = [&ENGLISH, &KOREAN][korean];
    let fence = Fence::parse(text)?;
    let recording = read(root, fence.lab)?;
    let mut ways = Vec::new();
    for key in fence.ways {
        match WAYS.iter().find(|(known, _)| *known == key) {
            Some((_, names)) => ways.push((key, names[korean])),
            None => {
                let known = WAYS.map(|(key, _)| key).join(", ");
                return Err(format!("No way is called `{key}`. Known are {known}."));
            }
        }
    }
    let runs = runs(&recording, &ways)?;
    let paces = paces(&runs);
    if !paces.contains(&FIRST_PACE) {
        return Err(again("it has no run with one event a second"));
    }
    let options: String = paces.iter().map(|pace| option(*pace, words)).collect();
    let head: String = words
        .columns
        .iter()
        .map(|column| format!("<th scope=\"col\">{column}</th>"))
        .collect();
    let first = runs.iter().find(|run| run["pace"] == FIRST_PACE);
    let rows: String = ways
        .iter()
        .map(|(key, name)| row(first.unwrap_or(&Value::Null), key, name))
        .collect();
    // In a script, `</` would be its end.
    let data = Value::from(runs).to_string().replace("</", "<\\/");
    let title = escape(fence.title);
    let Words {
        pace,
        picture,
        legend,
        recorded,
        ..
    } = words;
    Ok(format!(
        "<figure class=\"lab\" data-lasts=\"{LASTS}\"><div class=\"lab-bar\" hidden>\
         <label for=\"{id}-pace\">{pace}</label><select id=\"{id}-pace\">{options}</select></div>\
         <p class=\"lab-state\" role=\"status\"></p>\
         <div class=\"lab-lanes\" role=\"img\" aria-label=\"{picture}\"></div><p class=\"lab-legend\">{legend}</p>\
         <div class=\"table-wrapper\"><table><caption>{recorded}</caption><thead><tr>{head}</tr></thead>\
         <tbody>{rows}</tbody></table></div><p class=\"lab-reading\" role=\"status\"></p>\
         <script type=\"application/json\">{data}</script><figcaption>{title}</figcaption></figure>"
    ))
}

struct Fence<'a> {
    lab: &'a str,
    title: &'a str,
    ways: Vec<&'a str>,
}

impl<'a> Fence<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let value = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
                .filter(|value| !value.is_empty())
                .ok_or(format!("A lab needs a line `{name}: ...`."))
        };
        let known = ["lab:", "title:", "ways:"];
        if let Some(line) = text
            .lines()
            .find(|line| !known.iter().any(|name| line.starts_with(name)))
        {
            return Err(format!(
                "A lab has lines `lab:`, `title:` and `ways:`, and none like `{line}`."
            ));
        }
        Ok(Fence {
            lab: value("lab")?,
            title: value("title")?,
            ways: value("ways")?.split(',').map(str::trim).collect(),
        })
    }
}

fn again(why: &str) -> String {
    format!(
        "The recording does not fit: {why}. Record it anew: SNAPSHOTS=overwrite cargo test -p course lab_measures."
    )
}

fn read(root: &Path, lab: &str) -> Result<Value, String> {
    let is_name = lab
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let file = format!("book/labs/{lab}.json");
    if !is_name {
        return Err(format!("`{lab}` is no name of a lab."));
    }
    let text = fs::read_to_string(root.join(&file))
        .map_err(|error| format!("No lab is called `{lab}`: {file} cannot be read ({error})."))?;
    serde_json::from_str(&text).map_err(|error| again(&format!("{file}: {error}")))
}

/// The recorded runs, without the ways that are not wanted.
fn runs(recording: &Value, ways: &[(&str, &str)]) -> Result<Vec<Value>, String> {
    let runs = recording.as_array().ok_or_else(|| again("it is no list"))?;
    let mut wanted = Vec::new();
    for run in runs {
        let mut run = run.clone();
        let mut kept = json!({});
        for (key, _) in ways {
            match run["ways"].get_mut(*key) {
                Some(way) => kept[*key] = way.take(),
                None => return Err(again(&format!("it has no way `{key}`"))),
            }
        }
        run["ways"] = kept;
        wanted.push(run);
    }
    Ok(wanted)
}

fn paces(runs: &[Value]) -> Vec<u64> {
    runs.iter().filter_map(|run| run["pace"].as_u64()).collect()
}

fn option(pace: u64, words: &Words) -> String {
    let [before, behind] = if pace > 1000 {
        words.rare
    } else {
        words.frequent
    };
    let number = if pace > 1000 {
        pace / 1000
    } else {
        1000 / pace.max(1)
    };
    let selected = if pace == FIRST_PACE { " selected" } else { "" };
    format!("<option value=\"{pace}\"{selected}>{before}{number}{behind}</option>")
}

/// A way's numbers. `assets/lab.js` writes the same cells for a run of the reader's.
fn row(run: &Value, key: &str, name: &str) -> String {
    let way = &run["ways"][key];
    let numbers = |value: &Value| -> Vec<f64> {
        let values = value.as_array().into_iter().flatten();
        values.filter_map(Value::as_f64).collect()
    };
    let mut delays = numbers(&way["delays"]);
    delays.sort_by(f64::total_cmp);
    let counts = way["counts"].as_array().and_then(|counts| counts.last());
    let counts = numbers(counts.unwrap_or(&Value::Null));
    let [_, requests, up, down] = counts[..] else {
        return String::new();
    };
    let cells = [
        grouped(delays.len() as f64, 0),
        delay(median(&delays)),
        delay(delays.last().copied().unwrap_or_default()),
        grouped(requests, 0),
        grouped(up, 0),
        grouped(down, 0),
        grouped((up + down) / delays.len().max(1) as f64, 0),
    ];
    let cells: String = cells
        .iter()
        .map(|cell| format!("<td>{cell}</td>"))
        .collect();
    format!("<tr data-way=\"{key}\"><th scope=\"row\">{name}</th>{cells}</tr>")
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted {
        [] => 0.0,
        _ if sorted.len() % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

fn delay(milliseconds: f64) -> String {
    grouped(milliseconds, usize::from(milliseconds < 10.0))
}

/// With a comma before each three digits.
fn grouped(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let whole = text.split('.').next().unwrap_or_default().len();
    let mut out = String::new();
    for (index, digit) in text.chars().enumerate() {
        if index > 0 && index < whole && (whole - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(fence: &str, recording: &str) -> Result<String, String> {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("book/labs")).unwrap();
        fs::write(root.path().join("book/labs/latency.json"), recording).unwrap();
        draw(root.path(), fence, "ko", "x")
    }

    const FENCE: &str = "lab: latency\ntitle: A & B\nways: sse\n";
    const RECORDING: &str = r#"[{"pace": 1000, "ways": {
        "sse": {"delays": [1.25, 2000, 9.5], "counts": [[1, 1, 1, 1], [9, 1, 700, 2300]]},
        "poll-1s": {}}}]"#;

    #[test]
    fn a_lab_has_a_table_of_the_recorded_run_without_script() {
        let figure = lab(FENCE, RECORDING).unwrap();
        let row = "<td>3</td><td>9.5</td><td>2,000</td><td>1</td><td>700</td><td>2,300</td><td>1,000</td>";
        assert!(figure.contains(row), "{figure}");
        assert!(figure.contains("A &amp; B") && figure.contains("1초에 1개"));
        assert!(!figure.contains("poll-1s"), "only the ways that are wanted");
        assert!(
            !figure.contains('\n'),
            "a blank line would end the HTML block in Markdown"
        );
    }

    #[test]
    fn faults_say_what_to_do() {
        let says = |fence: &str, recording: &str, wanted: &str| {
            let fault = lab(fence, recording).unwrap_err();
            assert!(fault.contains(wanted), "{fault}");
        };
        says("lab: latency\nways: sse\n", RECORDING, "`title: ...`");
        says(
            "lab: latency\nnonsense\n",
            RECORDING,
            "none like `nonsense`",
        );
        says("lab: ../x\ntitle: A\nways: sse\n", RECORDING, "no name");
        says(
            "lab: other\ntitle: A\nways: sse\n",
            RECORDING,
            "No lab is called `other`",
        );
        says(
            "lab: latency\ntitle: A\nways: pigeon\n",
            RECORDING,
            "Known are poll-1s, ",
        );
        says(
            "lab: latency\ntitle: A\nways: long-poll\n",
            RECORDING,
            "SNAPSHOTS=overwrite",
        );
        says(FENCE, "[]", "one event a second");
        says(FENCE, "{", "Record it anew");
    }
}

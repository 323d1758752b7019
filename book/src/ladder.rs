//! ```` ```ladder ```` fences: sequence diagrams, drawn as inline SVG.
//!
//! The text of a ladder is one thing a line, in the order in which it happens:
//!
//! ```text
//! title: The listening socket and the connected socket     required, shown under the picture
//! desc: One sentence for those who cannot see it.          required
//! actors: client, kernel, server                           required, from left to right
//! step: The handshake                                      starts a group with a heading; groups become steps
//! client: socket(), connect()                              what one actor does
//! client -> kernel: SYN                                    something sent
//! client x> server: RST                                    something sent that never arrives
//! note server: accept() returns a new socket               a remark beside one actor
//! note client, server: both ends are open                  a remark across several
//! ```
//!
//! The picture is complete without script. Colours come from the page's style sheet through the classes below. Each
//! group (each line, in a ladder without groups) is a `<g class="step">`, which `assets/reader.js` shows one by one.

use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

/// Pixels that one column of text takes; East Asian wide letters take two columns.
const COLUMN: f32 = 7.4;
const LINE_HEIGHT: f32 = 18.0;
/// Distance from the top of a line of text to its baseline.
const BASELINE: f32 = 13.5;
const PADDING: f32 = 10.0;
const ROW_GAP: f32 = 12.0;
const HEAD_HEIGHT: f32 = 30.0;
const SMALLEST_GAP: f32 = 130.0;
/// Columns after which text breaks: boxes are narrow so that three actors fit the width of a page.
const BOX_COLUMNS: usize = 24;
const LABEL_COLUMNS: usize = 26;

/// What the page's style sheet says of a ladder, for a picture outside the book.
const STYLE: &str = "<style>svg{font:14px sans-serif;background:#fff;--fg:#222;--bg:#fff;--line:#999}\
    @media(prefers-color-scheme:dark){svg{background:#1b1d20;--fg:#ddd;--bg:#1b1d20;--line:#777}}\
    text{fill:var(--fg);text-anchor:middle}.name,.heading{font-weight:600}.heading{text-anchor:start}\
    .label,.heading{stroke:var(--bg);stroke-width:6px;paint-order:stroke}rect{fill:var(--bg);stroke:var(--line)}\
    path{fill:none;stroke:var(--fg);stroke-width:1.4}.life{stroke:var(--line);stroke-dasharray:2 4}\
    .rule{stroke:var(--line)}.tip{fill:var(--fg);stroke:none}.lost{stroke-dasharray:5 4}</style>";

/// What is wrong in a ladder: the line, counted from 0 at the first line inside the fence, and a sentence.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) line: usize,
    pub(crate) sentence: String,
}

fn fault<T>(line: usize, sentence: impl Into<String>) -> Result<T, Fault> {
    Err(Fault {
        line,
        sentence: sentence.into(),
    })
}

pub(crate) enum Event {
    Step(String),
    Does {
        actor: usize,
        text: Vec<String>,
    },
    Sends {
        from: usize,
        to: usize,
        arrives: bool,
        text: Vec<String>,
    },
    Note {
        first: usize,
        last: usize,
        text: Vec<String>,
    },
}

pub(crate) struct Ladder {
    title: String,
    desc: String,
    pub(crate) actors: Vec<String>,
    pub(crate) events: Vec<Event>,
}

/// Draws the text of a ladder as a `<figure>` whose ids begin with `id`.
pub(crate) fn draw(text: &str, id: &str) -> Result<String, Fault> {
    Ok(parse(text)?.draw(id))
}

pub(crate) fn parse(text: &str) -> Result<Ladder, Fault> {
    let (mut title, mut desc) = (String::new(), String::new());
    let (mut actors, mut events) = (Vec::new(), Vec::new());
    for (line, content) in text.lines().enumerate() {
        if content.trim().is_empty() {
            continue;
        }
        let Some((head, said)) = content.split_once(':') else {
            return fault(
                line,
                format!("`{content}` has no colon. Write `client -> server: SYN` or `title: ...`."),
            );
        };
        let (head, said) = (head.trim(), said.trim());
        if said.is_empty() {
            return fault(
                line,
                format!("Nothing stands after `{head}:`. Say what happens."),
            );
        }
        let actor = |name: &str| match actors.iter().position(|known| known == name.trim()) {
            Some(index) => Ok(index),
            None => fault(
                line,
                format!(
                    "`{}` is not among the actors. Name it in `actors:` first.",
                    name.trim()
                ),
            ),
        };
        match head {
            "title" => title = said.to_owned(),
            "desc" => desc = said.to_owned(),
            "actors" => {
                actors = said.split(',').map(|name| name.trim().to_owned()).collect();
                let repeated = |(index, name): (usize, &String)| {
                    actors[..index].contains(name) || name.is_empty()
                };
                if actors.iter().enumerate().any(repeated) {
                    return fault(
                        line,
                        "An actor has no name, or the name of another. Give each its own.",
                    );
                }
            }
            "step" => events.push(Event::Step(said.to_owned())),
            _ if head.starts_with("note ") => {
                let across = head["note ".len()..]
                    .split(',')
                    .map(actor)
                    .collect::<Result<Vec<_>, _>>()?;
                let (first, last) = (across.iter().min(), across.iter().max());
                if let (Some(&first), Some(&last)) = (first, last) {
                    events.push(Event::Note {
                        first,
                        last,
                        text: wrap(said, LABEL_COLUMNS * (last - first).max(1)),
                    });
                }
            }
            _ if head.contains(" -> ") || head.contains(" x> ") => {
                let arrives = head.contains(" -> ");
                let (from, to) = head
                    .split_once(if arrives { " -> " } else { " x> " })
                    .unwrap_or_default();
                let (from, to) = (actor(from)?, actor(to)?);
                if from == to {
                    return fault(
                        line,
                        format!(
                            "An arrow needs two actors. For one, write `{}: ...`.",
                            actors[from]
                        ),
                    );
                }
                events.push(Event::Sends {
                    from,
                    to,
                    arrives,
                    text: wrap(said, LABEL_COLUMNS * from.abs_diff(to)),
                });
            }
            _ => events.push(Event::Does {
                actor: actor(head)?,
                text: wrap(said, BOX_COLUMNS),
            }),
        }
    }
    if title.is_empty() || desc.is_empty() {
        return fault(
            0,
            "A ladder needs `title:` and `desc:`, for readers who cannot see the picture.",
        );
    }
    if actors.len() < 2 || !events.iter().any(|event| !matches!(event, Event::Step(_))) {
        return fault(
            0,
            "A ladder needs `actors:` with at least two names, and something that happens.",
        );
    }
    Ok(Ladder {
        title,
        desc,
        actors,
        events,
    })
}

/// Breaks text into lines of at most `columns`, at spaces, with lines of about the same length.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let lines_needed = text.width().div_ceil(columns.max(1));
    let target = text.width().div_ceil(lines_needed.max(1));
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let with_word = line.width() + 1 + word.width();
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() >= target || with_word > columns {
            lines.push(word.to_owned());
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines
}

fn pixels(lines: &[String]) -> f32 {
    lines.iter().map(|line| line.width()).max().unwrap_or(0) as f32 * COLUMN
}

fn height(lines: &[String]) -> f32 {
    lines.len() as f32 * LINE_HEIGHT
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

impl Ladder {
    /// The x of each actor's line, and the width of the whole.
    fn columns(&self) -> (Vec<f32>, f32) {
        let count = self.actors.len();
        let mut gaps = vec![SMALLEST_GAP; count - 1];
        let mut margins = [SMALLEST_GAP / 2.0; 2];
        // A box reaches half its width to both sides and must leave the neighbour's line free.
        let mut room_for_box = |actor: usize, width: f32| {
            let half = width / 2.0 + PADDING;
            for side in [actor.checked_sub(1), (actor < count - 1).then_some(actor)] {
                match side {
                    Some(gap) => gaps[gap] = gaps[gap].max(half + PADDING),
                    None => {
                        margins[usize::from(actor > 0)] = margins[usize::from(actor > 0)].max(half)
                    }
                }
            }
        };
        for (actor, name) in self.actors.iter().enumerate() {
            room_for_box(actor, name.width() as f32 * COLUMN + PADDING);
        }
        for event in &self.events {
            match event {
                Event::Does { actor, text } => room_for_box(*actor, pixels(text) + PADDING),
                Event::Note { first, last, text } if first == last => {
                    room_for_box(*first, pixels(text) + PADDING)
                }
                _ => {}
            }
        }
        for event in &self.events {
            let (left, right, text) = match event {
                Event::Sends { from, to, text, .. } => (*from.min(to), *from.max(to), text),
                Event::Note { first, last, text } if first < last => (*first, *last, text),
                _ => continue,
            };
            let missing = pixels(text) + 3.0 * PADDING - gaps[left..right].iter().sum::<f32>();
            if missing > 0.0 {
                let share = missing / (right - left) as f32;
                gaps[left..right].iter_mut().for_each(|gap| *gap += share);
            }
        }
        let mut x = vec![margins[0].ceil()];
        for gap in gaps {
            x.push((x[x.len() - 1] + gap).ceil());
        }
        let width = x[count - 1] + margins[1].ceil();
        (x, width)
    }

    fn draw(&self, id: &str) -> String {
        let title = escape(&self.title);
        let svg = self.svg(id, "");
        format!(
            "<figure class=\"ladder\"><div class=\"ladder-box\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\">\
             {svg}</div><figcaption>{title}</figcaption></figure>"
        )
    }

    /// The picture as a file of its own, for light and dark backgrounds.
    pub(crate) fn standalone(&self) -> String {
        self.svg("ladder", STYLE)
    }

    fn svg(&self, id: &str, style: &str) -> String {
        let (x, width) = self.columns();
        let grouped = self
            .events
            .iter()
            .any(|event| matches!(event, Event::Step(_)));
        let mut body = String::new();
        let mut y = HEAD_HEIGHT + ROW_GAP;
        let mut open = false;
        for event in &self.events {
            if !grouped || !open || matches!(event, Event::Step(_)) {
                body.push_str(if open {
                    "</g><g class=\"step\">"
                } else {
                    "<g class=\"step\">"
                });
                open = true;
            }
            y = event.draw(&x, width, y, &mut body) + ROW_GAP;
        }
        body.push_str("</g>");

        let mut lines = String::new();
        for (x, name) in x.iter().zip(&self.actors) {
            let half = name.width() as f32 * COLUMN / 2.0 + PADDING;
            let _ = write!(
                lines,
                "<path class=\"life\" d=\"M{x} {HEAD_HEIGHT}V{y}\"/><rect class=\"actor\" x=\"{:.0}\" y=\"1\" \
                 width=\"{:.0}\" height=\"{}\" rx=\"5\"/><text class=\"name\" x=\"{x}\" y=\"20\">{}</text>",
                x - half,
                half * 2.0,
                HEAD_HEIGHT - 1.0,
                escape(name)
            );
        }
        let (title, desc) = (escape(&self.title), escape(&self.desc));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
             viewBox=\"0 0 {width:.0} {y:.0}\" width=\"{width:.0}\" height=\"{y:.0}\">\
             <title id=\"{id}-title\">{title}</title><desc id=\"{id}-desc\">{desc}</desc>{style}{lines}{body}</svg>"
        )
    }
}

impl Event {
    /// Draws itself with its top at `y` and returns its bottom.
    fn draw(&self, x: &[f32], width: f32, y: f32, out: &mut String) -> f32 {
        match self {
            Event::Step(text) => {
                let line = y + LINE_HEIGHT + 6.0;
                let _ = write!(
                    out,
                    "<path class=\"rule\" d=\"M0 {line}H{width:.0}\"/><text class=\"heading\" x=\"2\" y=\"{:.1}\">{}</text>",
                    y + BASELINE + 2.0,
                    escape(text)
                );
                line
            }
            Event::Does { actor, text } => boxed(
                "does",
                x[*actor] - pixels(text) / 2.0,
                x[*actor] + pixels(text) / 2.0,
                y,
                text,
                out,
            ),
            Event::Note { first, last, text } => {
                let middle = (x[*first] + x[*last]) / 2.0;
                let half = (pixels(text) / 2.0).max((x[*last] - x[*first]) / 2.0 + PADDING);
                boxed("note", middle - half, middle + half, y, text, out)
            }
            Event::Sends {
                from,
                to,
                arrives,
                text,
            } => {
                let (start, end) = (x[*from], x[*to]);
                let direction = (end - start).signum();
                write_text("label", (start + end) / 2.0, y, text, out);
                let line = y + height(text) + 5.0;
                if *arrives {
                    let (tip, back) = (end - direction * 1.5, end - direction * 9.5);
                    let _ = write!(
                        out,
                        "<path class=\"arrow\" d=\"M{start} {line}H{back}\"/>\
                         <path class=\"tip\" d=\"M{tip} {line}L{back} {}V{}Z\"/>",
                        line - 4.5,
                        line + 4.5
                    );
                } else {
                    // It stops three quarters of the way, so that no one takes the receiver for reached.
                    let stop = start + (end - start) * 0.75;
                    let _ = write!(
                        out,
                        "<path class=\"arrow lost\" d=\"M{start} {line}H{stop}\"/><path class=\"cross\" \
                         d=\"M{} {}l10 10m0 -10l-10 10\"/>",
                        stop - 5.0,
                        line - 5.0
                    );
                }
                line + 5.0
            }
        }
    }
}

fn boxed(class: &str, left: f32, right: f32, y: f32, text: &[String], out: &mut String) -> f32 {
    let height = height(text) + PADDING;
    let _ = write!(
        out,
        "<rect class=\"{class}\" x=\"{:.0}\" y=\"{y:.0}\" width=\"{:.0}\" height=\"{height:.0}\" rx=\"4\"/>",
        left - PADDING / 2.0,
        right - left + PADDING
    );
    write_text("said", (left + right) / 2.0, y + PADDING / 2.0, text, out);
    y + height
}

fn write_text(class: &str, middle: f32, top: f32, lines: &[String], out: &mut String) {
    for (index, line) in lines.iter().enumerate() {
        let y = top + index as f32 * LINE_HEIGHT + BASELINE;
        let _ = write!(
            out,
            "<text class=\"{class}\" x=\"{middle:.0}\" y=\"{y:.1}\">{}</text>",
            escape(line)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title: T\ndesc: D\nactors: client, server\n";

    fn fails(rest: &str) -> Fault {
        draw(&format!("{HEAD}{rest}"), "l").unwrap_err()
    }

    #[test]
    fn a_ladder_has_title_description_and_one_group_for_each_step() {
        let svg = draw(
            &format!(
                "{HEAD}client: connect()\nclient -> server: SYN & <data>\nclient x> server: RST\n"
            ),
            "l",
        );
        let svg = svg.unwrap();
        assert!(svg.contains("<title id=\"l-title\">T</title><desc id=\"l-desc\">D</desc>"));
        assert_eq!(svg.matches("<g class=\"step\">").count(), 3);
        assert_eq!(svg.matches("<g").count(), svg.matches("</g>").count());
        assert!(svg.contains("SYN &amp; &lt;data&gt;"));
        assert_eq!(svg.matches("class=\"cross\"").count(), 1);
        assert!(
            !svg.contains('\n'),
            "a blank line would end the HTML block in Markdown"
        );
    }

    #[test]
    fn named_steps_gather_their_lines() {
        let svg = draw(
            &format!("{HEAD}step: One\nclient: a\nserver: b\nstep: Two\nserver: c\n"),
            "l",
        )
        .unwrap();
        assert_eq!(svg.matches("<g class=\"step\">").count(), 2);
    }

    #[test]
    fn faults_name_their_line() {
        assert_eq!(fails("client -> sever: SYN").line, 3);
        assert!(fails("client -> sever: SYN").sentence.contains("`sever`"));
        assert!(fails("nonsense").sentence.contains("no colon"));
        assert!(fails("client:").sentence.contains("Nothing stands after"));
        assert!(fails("client -> client: x").sentence.contains("two actors"));
        assert!(
            fails("step: only")
                .sentence
                .contains("something that happens")
        );
        assert!(
            draw("desc: D\nactors: a, b\na: x", "l")
                .unwrap_err()
                .sentence
                .contains("`title:`")
        );
        assert!(
            draw("title: T\nactors: a, b\na: x", "l")
                .unwrap_err()
                .sentence
                .contains("`desc:`")
        );
        assert_eq!(
            draw("title: T\ndesc: D\nactors: a, a\na: x", "l")
                .unwrap_err()
                .line,
            2
        );
    }

    #[test]
    fn hangul_counts_double_so_that_columns_move_apart() {
        let width = |text: &str| {
            parse(&format!("{HEAD}client -> server: {text}"))
                .unwrap()
                .columns()
                .1
        };
        assert!(width("가나다라마바사아자차카타") > width("abcdefghijkl"));
    }

    #[test]
    fn long_text_breaks_into_lines_of_similar_length() {
        let lines = wrap("the listening socket makes a new connected socket", 26);
        assert_eq!(
            lines,
            ["the listening socket makes", "a new connected socket"]
        );
    }
}

//! A chatbot without a model: it knows a few answers by heart, and gives them token by token, as those with
//! a model do. What streams it is the same.

use std::io;
use std::str;
use std::str::SplitInclusive;
use std::thread;
use std::time::Duration;

use http::{Body, Request, Response, Status, Stream};

use crate::sse;

/// Bytes of a question.
pub const MAX_QUESTION: usize = 1024;

/// Between two tokens. It must be less than about a second (see [`Stream::next`]).
pub const PAUSE: Duration = Duration::from_millis(60);

/// The name of the event that says: the answer is complete. Its text is the number of tokens.
pub const DONE: &str = "done";

/// Words of a question, and what is said when one of them is in it.
const KNOWN: [(&[&str], &str); 4] = [
    (
        &["socket", "소켓"],
        "A socket is one end of a conversation: a number that your program got from the kernel.\n\
         소켓은 대화의 한쪽 끝입니다. 프로그램이 커널에서 받은 번호입니다.",
    ),
    (
        &["stream", "token", "토큰", "스트리밍"],
        "Each word that you see here was a chunk of its own, written as soon as it was there.\n\
         여기 보이는 단어는 하나하나가 따로 온 청크입니다. 생기는 대로 바로 썼습니다.",
    ),
    (
        &["hello", "hi", "안녕"],
        "Hello. Ask me what a socket is, or why this comes word by word.\n\
         안녕하세요. 소켓이 무엇인지, 왜 단어가 하나씩 오는지 물어보세요.",
    ),
    (
        &["who", "누구"],
        "I am a table with a few rows, and I have a lot of time.\n\
         저는 몇 줄짜리 표이고, 시간은 많습니다.",
    ),
];

const NOTHING_KNOWN: &str = "I have not learned that. Ask me what a socket is.\n\
     그것은 배우지 못했습니다. 소켓이 무엇인지 물어보세요.";

/// What the chatbot says to `question`.
pub fn answer(question: &str) -> &'static str {
    let question = question.to_lowercase();
    let words = |word: &&str| {
        question
            .split(|letter: char| !letter.is_alphanumeric())
            // "Sockets" asks for "socket", and 소켓이 for 소켓. But "whole" does not ask for "who".
            .any(|asked| asked == *word || word.len() > 3 && asked.starts_with(word))
    };
    let row = KNOWN.iter().find(|(known, _)| known.iter().any(words));
    row.map_or(NOTHING_KNOWN, |(_, answer)| answer)
}

// ANCHOR: reply
/// Answers `POST` with a question as its body: a stream of events, each with one token, and at the end one
/// that is called [`DONE`]. Needs a server with a thread for each client. Whoever gets the end of the stream
/// without it knows that something is missing.
pub fn reply(request: &Request, body: &[u8], pause: Duration) -> Response {
    if request.method() != "POST" {
        return Response::plain(Status::METHOD_NOT_ALLOWED).with("Allow", "POST");
    }
    if body.len() > MAX_QUESTION {
        return Response::plain(Status::CONTENT_TOO_LARGE);
    }
    let Ok(question) = str::from_utf8(body) else {
        return Response::text(Status::BAD_REQUEST, "a question is text, in UTF-8\n");
    };
    let speech = Speech {
        tokens: answer(question).split_inclusive([' ', '\n']),
        said: 0,
        pause,
        over: false,
    };
    Response {
        status: Status::OK,
        fields: vec![
            ("Content-Type", "text/event-stream".to_string()),
            ("Cache-Control", "no-store".to_string()),
        ],
        body: Body::Stream(Box::new(speech)),
    }
}
// ANCHOR_END: reply

// ANCHOR: speech
/// An answer that is being said.
struct Speech {
    tokens: SplitInclusive<'static, [char; 2]>,
    said: usize,
    pause: Duration,
    over: bool,
}

impl Stream for Speech {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.over {
            return Ok(None);
        }
        let Some(token) = self.tokens.next() else {
            self.over = true;
            let count = self.said.to_string();
            return Ok(Some(sse::write_event(None, Some(DONE), &count)));
        };
        // Here a model would think.
        thread::sleep(self.pause);
        self.said += 1;
        Ok(Some(sse::write_event(None, None, token)))
    }
}
// ANCHOR_END: speech

//! The live labs of the book, below `/lab/`.
//!
//! `/lab/latency` measures ways to bring events to a page. A run has a feed of its own (lesson 18), in which something
//! happens at random moments; the page asks for it in several ways at once, and the server counts the bytes of each way.
//!
//! | request                          | answer                                                    |
//! |----------------------------------|-----------------------------------------------------------|
//! | `GET /lab/latency`               | that there is such a lab                                  |
//! | `POST /lab/latency?pace=1000`    | starts a run; the query may also say `lasts` and `seed`   |
//! | `GET /lab/latency/7`             | its clock, and requests and bytes of each way             |
//! | `GET /lab/latency/7/WAY?since=0` | events, in one of the ways [`WAYS`]                       |
//! | `POST /lab/latency/7/say`        | something happens now                                     |
//! | `POST /lab/latency/7/stop`       | the run is over                                           |

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use http::threaded::Client;
use http::{Body, Connection, Length, Request, Response, Status, Stream};
use polling::{Feed, HOLD, long_poll, poll};
use serde_json::{Value, json};
use streaming::subscribe;

/// Runs at the same time. Policy, too many: 503, and the page says so.
const MOST_RUNS: usize = 8;
/// How long events come, unless the page wants another time; and at most.
const USUAL_LENGTH: Duration = Duration::from_secs(20);
const GREATEST_LENGTH: Duration = Duration::from_secs(30);
/// Before the first event: the page reads the clock and begins to ask.
const LEAD: Duration = Duration::from_millis(500);
/// How long a run can still be asked for its last events, unless the page says that it has them: a busy page may be late.
const GRACE: Duration = Duration::from_secs(10);
/// Between two events, on average: unless the page wants another pace, at least, and at most.
const USUAL_PACE: Duration = Duration::from_secs(1);
const LEAST_PACE: Duration = Duration::from_millis(50);
const GREATEST_PACE: Duration = Duration::from_secs(10);
/// Events of one run. Policy, too many: no more happens.
const MOST_EVENTS: usize = 2_000;
/// How often a run looks whether it was stopped.
const LOOK: Duration = Duration::from_millis(100);

/// How long the field Date is, always: RFC 9110, section 5.6.7.
const SOME_DATE: &str = "Thu, 01 Jan 1970 00:00:00 GMT";

/// The ways to ask, as the page and its addresses call them. Another one needs a name here and an arm in [`Run::ask`].
const WAYS: [&str; 4] = ["poll-1s", "poll-100ms", "long-poll", "sse"];

/// All labs.
#[derive(Default)]
pub struct Lab {
    runs: Mutex<Runs>,
}

#[derive(Default)]
struct Runs {
    last_number: u64,
    /// The oldest first, [`MOST_RUNS`] of them at most.
    kept: VecDeque<Arc<Run>>,
}

/// One measurement.
struct Run {
    number: u64,
    began: Instant,
    feed: Feed,
    /// One for each way.
    tallies: [Arc<Tally>; WAYS.len()],
}

/// What one way has cost, in bytes of HTTP. Those of TCP and IP come on top, and are nobody's choice.
#[derive(Default)]
struct Tally {
    requests: AtomicU64,
    /// From the page.
    up: AtomicU64,
    /// To the page.
    down: AtomicU64,
}

impl Lab {
    /// The answer to a request below `/lab/`; `None` for any other.
    pub fn answer(&self, request: &Request, client: &Client) -> Option<Response> {
        let path = request.path().strip_prefix("/lab/")?;
        let mut parts = path.split('/');
        if parts.next() != Some("latency") {
            return Some(Response::plain(Status::NOT_FOUND));
        }
        let parts = (request.method(), parts.next(), parts.next(), parts.next());
        Some(match parts {
            ("GET" | "HEAD", None, ..) => say(Status::OK, &json!({ "ways": WAYS })),
            ("POST", None, ..) => self.start(request),
            (_, Some(number), what, None) => match self.run(number) {
                Some(run) => run.answer(what, request, client),
                None => Response::text(Status::NOT_FOUND, "that run is over: start another\n"),
            },
            _ => Response::plain(Status::NOT_FOUND),
        })
    }

    /// Ends all runs: the server stops.
    pub fn close(&self) {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.kept.iter().for_each(|run| run.feed.close());
    }

    /// Counts what `request` and `response` are in bytes, when they belong to a run: call it when nothing is added any
    /// more.
    pub fn counted(&self, request: &Request, body: &[u8], mut response: Response) -> Response {
        let Some(tally) = self.tally(request) else {
            return response;
        };
        tally.requests.fetch_add(1, Ordering::Relaxed);
        let up = request.head().len() + body.len();
        tally.up.fetch_add(up as u64, Ordering::Relaxed);
        let mut down = head_length(&response);
        match response.body {
            Body::Bytes(ref bytes) => down += bytes.len() as u64,
            Body::File(_, length) => down += length,
            Body::Stream(stream) => {
                let tally = tally.clone();
                response.body = Body::Stream(Box::new(Counted { stream, tally }));
            }
            Body::Switch(_) => {}
        }
        tally.down.fetch_add(down, Ordering::Relaxed);
        response
    }

    fn tally(&self, request: &Request) -> Option<Arc<Tally>> {
        let path = request.path().strip_prefix("/lab/latency/")?;
        let (number, way) = path.split_once('/')?;
        let way = WAYS.iter().position(|known| *known == way)?;
        if request.method() != "GET" {
            return None;
        }
        Some(self.run(number)?.tallies[way].clone())
    }

    fn run(&self, number: &str) -> Option<Arc<Run>> {
        let number: u64 = number.parse().ok()?;
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.kept.iter().find(|run| run.number == number).cloned()
    }

    fn start(&self, request: &Request) -> Response {
        let query = Query::of(request);
        let pace = query.number("pace").map(Duration::from_millis);
        let pace = pace.unwrap_or(USUAL_PACE).clamp(LEAST_PACE, GREATEST_PACE);
        let lasts = query.number("lasts").map(Duration::from_millis);
        let lasts = lasts.unwrap_or(USUAL_LENGTH).min(GREATEST_LENGTH);
        // A number that JavaScript can say exactly.
        let seed = query
            .number("seed")
            .unwrap_or_else(|| fastrand::u32(..).into());

        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.kept.len() == MOST_RUNS {
            let Some(over) = runs.kept.iter().position(|run| run.feed.is_closed()) else {
                let sentence = "too many runs at the same time: try again in half a minute\n";
                let response = Response::text(Status::SERVICE_UNAVAILABLE, sentence);
                return response.with("Retry-After", "30");
            };
            runs.kept.remove(over);
        }
        let run = Arc::new(Run {
            number: runs.last_number + 1,
            began: Instant::now(),
            feed: Feed::in_memory(MOST_EVENTS),
            tallies: Default::default(),
        });
        let happening = run.clone();
        let thread = thread::Builder::new().name("run of a lab".to_owned());
        if let Err(error) = thread.spawn(move || happening.happen(pace, lasts, seed)) {
            let sentence = format!("no run could be started: {error}\n");
            return Response::text(Status::INTERNAL_SERVER_ERROR, sentence);
        }
        runs.last_number = run.number;
        let lasts = lasts.as_millis() as u64;
        let answer = json!({ "run": run.number, "lasts": lasts, "seed": seed });
        runs.kept.push_back(run);
        say(Status::OK, &answer)
    }
}

impl Run {
    fn answer(&self, what: Option<&str>, request: &Request, client: &Client) -> Response {
        match (request.method(), what) {
            ("GET" | "HEAD", None) => say(Status::OK, &self.state()),
            ("GET" | "HEAD", Some(way)) => self.ask(way, request, client),
            ("POST", Some("say")) => match self.publish() {
                true => Response::plain(Status::NO_CONTENT),
                false => Response::text(Status::NOT_FOUND, "that run is over: start another\n"),
            },
            ("POST", Some("stop")) => {
                self.feed.close();
                Response::plain(Status::NO_CONTENT)
            }
            _ => Response::plain(Status::METHOD_NOT_ALLOWED).with("Allow", "GET, HEAD, POST"),
        }
    }

    /// How often a page polls is its own business.
    fn ask(&self, way: &str, request: &Request, client: &Client) -> Response {
        match way {
            "poll-1s" | "poll-100ms" => poll(&self.feed, request),
            "long-poll" => long_poll(&self.feed, request, client, HOLD),
            "sse" => subscribe(&self.feed, request),
            _ => Response::plain(Status::NOT_FOUND),
        }
    }

    fn state(&self) -> Value {
        let tallies = WAYS.iter().zip(&self.tallies);
        let ways: BTreeMap<_, _> = tallies.map(|(way, tally)| (way, tally.read())).collect();
        json!({ "now": self.now(), "events": self.feed.last(), "ways": ways })
    }

    /// Milliseconds since the run began.
    fn now(&self) -> f64 {
        (self.began.elapsed().as_secs_f64() * 1e6).round() / 1e3
    }

    /// An event's text is the moment in which it happens; false when nothing happens any more.
    fn publish(&self) -> bool {
        let has_room = (self.feed.last() as usize) < MOST_EVENTS && !self.feed.is_closed();
        has_room && self.feed.publish(&self.now().to_string()).is_ok()
    }

    /// Lets events happen until `lasts` is over, `pace` apart on average, at moments that do not depend on each other: a
    /// Poisson process. The same `seed` gives the same moments.
    fn happen(&self, pace: Duration, lasts: Duration, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut next = LEAD;
        loop {
            next += pace.mul_f64(-(1.0 - random.f64()).ln());
            if next > lasts || !self.wait_until(next) || !self.publish() {
                break;
            }
        }
        self.wait_until(lasts + GRACE);
        self.feed.close();
    }

    /// False when the run was stopped meanwhile.
    fn wait_until(&self, moment: Duration) -> bool {
        loop {
            let left = moment.saturating_sub(self.began.elapsed());
            if left.is_zero() || self.feed.is_closed() {
                return !self.feed.is_closed();
            }
            thread::sleep(left.min(LOOK));
        }
    }
}

impl Tally {
    /// Requests, bytes up, bytes down.
    fn read(&self) -> [u64; 3] {
        [&self.requests, &self.up, &self.down].map(|count| count.load(Ordering::Relaxed))
    }
}

/// A stream whose bytes are counted as they leave: each piece is a chunk.
struct Counted {
    stream: Box<dyn Stream>,
    tally: Arc<Tally>,
}

impl Stream for Counted {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let piece = self.stream.next()?;
        let length = match &piece {
            Some(bytes) if bytes.is_empty() => 0,
            Some(bytes) => format!("{:x}\r\n\r\n", bytes.len()).len() + bytes.len(),
            None => b"0\r\n\r\n".len(),
        };
        self.tally.down.fetch_add(length as u64, Ordering::Relaxed);
        Ok(piece)
    }
}

/// Bytes of a response's head, on a connection that stays open.
fn head_length(response: &Response) -> u64 {
    let mut connection = Connection::new(0);
    connection.receive_data(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while let Ok(Some(_)) = connection.next_event() {}
    connection.set_date(SOME_DATE);
    let fields = response.fields.iter();
    let fields: Vec<_> = fields.map(|(name, value)| (*name, &**value)).collect();
    let length = match &response.body {
        Body::Bytes(bytes) => Length::Known(bytes.len() as u64),
        Body::File(_, length) => Length::Known(*length),
        Body::Stream(_) => Length::Unknown,
        Body::Switch(_) => Length::Known(0),
    };
    connection.send_head(response.status, &fields, length);
    connection.data_to_send().len() as u64
}

fn say(status: Status, value: &Value) -> Response {
    let response = Response::new(status, "application/json", value.to_string());
    response.with("Cache-Control", "no-store")
}

/// The part of a target behind the question mark.
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn of(request: &'a Request) -> Self {
        Self(request.query().unwrap_or_default())
    }

    fn number(&self, name: &str) -> Option<u64> {
        let mut pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name)?.1.parse().ok()
    }
}

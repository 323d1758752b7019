//! What is served, and to whom: the book and its labs, to browsers on this computer.

use std::path::Path;

use http::threaded::Client;
use http::{Files, Request, Response, Status};

use crate::catalogue::Language;
use crate::lab::Lab;
use crate::reload::Reload;
use crate::trouble::{Result, Trouble};

/// Names by which this computer calls itself.
const OWN_NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// The pages need nothing from anywhere else, and so nothing else can be smuggled into them. mdBook has its small scripts
/// and styles inside of its pages, and the frame lab its program.
const POLICY: &str = "default-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

/// All that is served.
pub struct Site {
    files: Files,
    lab: Lab,
    /// What a browser calls us: each name with our port.
    hosts: Vec<String>,
    /// Where `/` leads everybody.
    chosen: Option<Language>,
    /// For authors.
    reload: Option<Reload>,
}

impl Site {
    /// # Errors
    /// When the book is not built.
    pub fn new(root: &Path, port: u16, reload: Option<Reload>) -> Result<Site> {
        let folder = root.join("target/book");
        let files = Files::new(&folder).map_err(Trouble::file("read", &folder))?;
        let mut hosts: Vec<String> = OWN_NAMES.map(|name| format!("{name}:{port}")).to_vec();
        if port == 80 {
            // Browsers do not say it.
            hosts.extend(OWN_NAMES.map(str::to_owned));
        }
        Ok(Site {
            files,
            lab: Lab::default(),
            hosts,
            chosen: Language::chosen(),
            reload,
        })
    }

    /// Whether there are pages, of this build or an earlier one.
    pub fn is_built(root: &Path) -> bool {
        root.join("target/book/en/index.html").is_file()
    }

    /// Lets everybody go who waits for something to happen: the server stops.
    pub fn close(&self) {
        self.lab.close();
        if let Some(reload) = &self.reload {
            reload.close();
        }
    }

    /// Who answers what: the first that has an answer.
    pub fn answer(&self, request: &Request, body: &[u8], client: &Client) -> Response {
        let reload = self.reload.as_ref();
        let response = self
            .refusal(request)
            .or_else(|| self.door(request))
            .or_else(|| self.lab.answer(request, body, client))
            .or_else(|| reload.and_then(|reload| reload.answer(request)))
            .unwrap_or_else(|| self.page(request));
        self.lab.counted(request, body, guarded(response))
    }

    fn page(&self, request: &Request) -> Response {
        let Some(reload) = &self.reload else {
            return self.files.answer(request);
        };
        // Asked before the file is opened: at worst, a page is loaded once more than necessary.
        let cursor = reload.cursor();
        reload.with_script(self.files.answer(request), cursor)
    }

    /// Two checks that keep other pages out, although the browser that shows them runs on this computer. A page whose
    /// name was made to lead here (DNS rebinding) still says that name in Host. And a page that sends something to our
    /// address has to say in Origin where it comes from.
    fn refusal(&self, request: &Request) -> Option<Response> {
        let is_ours = |host: &str| {
            self.hosts
                .iter()
                .any(|ours| ours.eq_ignore_ascii_case(host))
        };
        if !request.host().is_some_and(is_ours) {
            let sentence = format!(
                "This server is http://{}/: open that address.\n",
                self.hosts[0]
            );
            return Some(Response::text(Status::MISDIRECTED_REQUEST, sentence));
        }
        let is_our_page = |origin: &[u8]| {
            let host = origin.strip_prefix(b"http://");
            host.and_then(|host| str::from_utf8(host).ok())
                .is_some_and(is_ours)
        };
        if !request.all("origin").all(is_our_page) {
            let sentence = "Pages of other servers may not use this one.\n";
            return Some(Response::text(Status::FORBIDDEN, sentence));
        }
        None
    }

    /// `/` leads to the book in the reader's language.
    fn door(&self, request: &Request) -> Option<Response> {
        if request.path() != "/" || !matches!(request.method(), "GET" | "HEAD") {
            return None;
        }
        let language = self
            .chosen
            .or_else(|| preferred(request.field("accept-language")?))
            .unwrap_or_else(Language::of_environment);
        let response = Response::plain(Status::FOUND)
            .with("Location", format!("/{}/", language.folder()))
            .with("Vary", "Accept-Language")
            .with("Cache-Control", "no-cache");
        Some(response)
    }
}

/// What every response says, whoever gave it.
fn guarded(response: Response) -> Response {
    let response = response
        .with("Content-Security-Policy", POLICY)
        .with("Cross-Origin-Resource-Policy", "same-origin");
    let is_said = |name: &str| response.fields.iter().any(|(field, _)| *field == name);
    match is_said("X-Content-Type-Options") {
        true => response,
        false => response.with("X-Content-Type-Options", "nosniff"),
    }
}

/// The language of the book that has the greatest weight in an Accept-Language field (RFC 9110, section 12.5.4), and of
/// several with the same weight the first.
fn preferred(field: &str) -> Option<Language> {
    let mut best = None;
    let mut best_weight = 0.0;
    for range in field.split(',') {
        let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
        let language = match tag.trim().split('-').next().unwrap_or_default() {
            code if code.eq_ignore_ascii_case("en") => Language::English,
            code if code.eq_ignore_ascii_case("ko") => Language::Korean,
            _ => continue,
        };
        let weight = parameter.trim().strip_prefix("q=");
        let weight: f32 = weight.and_then(|text| text.parse().ok()).unwrap_or(0.0);
        if weight > best_weight {
            (best, best_weight) = (Some(language), weight);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_is_preferred() {
        let cases = [
            (
                "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7",
                Some(Language::Korean),
            ),
            ("en-GB, ko", Some(Language::English)),
            ("de, fr;q=0.9, en;q=0.1, KO ; q=0.2", Some(Language::Korean)),
            ("ko;q=0, en;q=0.001", Some(Language::English)),
            ("ko;q=0", None),
            ("de", None),
            ("kok, eng", None),
            ("*", None),
            ("ko;q=NaN", None),
            ("ko;level=1", None),
            (";;,,;q=", None),
            ("", None),
        ];
        for (field, language) in cases {
            assert_eq!(preferred(field), language, "{field:?}");
        }
    }
}

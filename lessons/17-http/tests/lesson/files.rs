//! Files of a folder, and of nowhere else.

use std::fs;
use std::path::Path;

use http::{Connection, Event, Files, MAX_BODY};

/// A folder to be served, in a folder with a secret.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("public");
        fs::create_dir_all(root.join("docs")).unwrap();
        fs::create_dir_all(root.join("empty")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        for (name, content) in [
            ("index.html", "<p>home"),
            ("docs/index.html", "<p>docs"),
            ("docs/a b.txt", "0123456789"),
            ("docs/\u{ac00}.txt", "ga"),
            ("docs/nothing.css", ""),
            ("unknown.kind", "?"),
            (".hidden", "hidden"),
            (".git/config", "hidden"),
            ("../secret.txt", "secret"),
        ] {
            fs::write(root.join(name), content).unwrap();
        }
        Self(outside)
    }

    fn root(&self) -> std::path::PathBuf {
        self.0.path().join("public")
    }

    /// The response to a request with this line and these fields: its head, and its body.
    fn ask(&self, line: &str, fields: &str) -> (String, String) {
        let files = Files::new(&self.root()).unwrap();
        let mut connection = Connection::new(MAX_BODY);
        let request = format!("{line} HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
        connection.receive_data(request.as_bytes());
        let Ok(Some(Event::Request(request))) = connection.next_event() else {
            panic!("{request:?} should be a request");
        };
        let mut body = files.answer(&request).begin(&mut connection);
        while body.send_more(&mut connection).unwrap() {}
        let sent = String::from_utf8(connection.data_to_send().to_vec()).unwrap();
        let (head, body) = sent.split_once("\r\n\r\n").unwrap();
        (head.to_string(), body.to_string())
    }

    #[track_caller]
    fn status(&self, line: &str, fields: &str) -> u16 {
        let (head, _) = self.ask(line, fields);
        head["HTTP/1.1 ".len()..][..3].parse().unwrap()
    }
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn files_have_content_and_type() {
    let folder = Folder::new();
    for (target, content_type, content) in [
        ("/", "text/html; charset=utf-8", "<p>home"),
        ("/index.html?x=../..", "text/html; charset=utf-8", "<p>home"),
        ("http://other/docs/", "text/html; charset=utf-8", "<p>docs"),
        ("/docs/a%20b.txt", "text/plain; charset=utf-8", "0123456789"),
        (
            "//docs//a%20b.txt",
            "text/plain; charset=utf-8",
            "0123456789",
        ),
        ("/docs/%EA%B0%80.txt", "text/plain; charset=utf-8", "ga"),
        ("/docs/nothing.css", "text/css; charset=utf-8", ""),
        ("/unknown.kind", "application/octet-stream", "?"),
    ] {
        let (head, body) = folder.ask(&format!("GET {target}"), "");
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{target}: {head}");
        assert_eq!(value(&head, "Content-Type"), Some(content_type), "{target}");
        assert_eq!(value(&head, "X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(body, content, "{target}");
        let (same, none) = folder.ask(&format!("HEAD {target}"), "");
        assert_eq!((same, none.as_str()), (head, ""), "{target}");
    }
}

#[test]
fn nothing_leads_out_of_the_folder() {
    let folder = Folder::new();
    for target in [
        "/../secret.txt",
        "/docs/../../secret.txt",
        "/docs/../index.html",
        "/%2e%2e/secret.txt",
        "/.%2e/secret.txt",
        "/docs/%2e%2e/%2e%2e/secret.txt",
        "/docs/..%2f..%2fsecret.txt",
        "/docs%2findex.html",
        "/docs%2Findex.html",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/./index.html",
        "/docs/%00",
        "/index.html%00.txt",
        "/C:/secret.txt",
        "/.hidden",
        "/%2ehidden",
        "/.git/config",
        "/%",
        "/%4",
        "/%zz",
        "/%+1",
        "/%ff",
        "/nothing",
        "/empty/",
        "/index.html/",
        "/docs/nothing.css/",
    ] {
        assert_eq!(folder.status(&format!("GET {target}"), ""), 404, "{target}");
    }
}

#[cfg(unix)]
#[test]
fn links_lead_no_further_than_the_folder() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new();
    let root = folder.root();
    symlink("../secret.txt", root.join("out.txt")).unwrap();
    symlink("..", root.join("up")).unwrap();
    symlink(
        folder.0.path().join("secret.txt"),
        root.join("empty/index.html"),
    )
    .unwrap();
    symlink(".git", root.join("shown")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink("docs", root.join("papers")).unwrap();
    for target in [
        "/out.txt",
        "/up/secret.txt",
        "/empty/",
        "/shown/config",
        "/loop",
    ] {
        assert_eq!(folder.status(&format!("GET {target}"), ""), 404, "{target}");
    }
    assert_eq!(folder.ask("GET /papers/", "").1, "<p>docs");
}

/// To open one would wait for whoever writes into it.
#[cfg(unix)]
#[test]
fn a_pipe_is_no_file() {
    let folder = Folder::new();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.root().join("pipe"))
        .status();
    assert!(made.unwrap().success());
    assert_eq!(folder.status("GET /pipe", ""), 404);
}

#[test]
fn a_folder_ends_in_a_slash() {
    let folder = Folder::new();
    let (head, _) = folder.ask("GET /docs", "");
    assert!(head.starts_with("HTTP/1.1 301 "), "{head}");
    assert_eq!(value(&head, "Location"), Some("/docs/"));
    // Two slashes would be another host.
    let (head, _) = folder.ask("GET //docs", "");
    assert_eq!(value(&head, "Location"), Some("/docs/"));
}

#[test]
fn methods_that_do_not_fit_are_told_apart_from_those_that_nobody_knows() {
    let folder = Folder::new();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        let (head, _) = folder.ask(&format!("{method} /"), "");
        assert!(head.starts_with("HTTP/1.1 405 "), "{method}: {head}");
        assert_eq!(value(&head, "Allow"), Some("GET, HEAD"));
    }
    for method in ["BREW", "get", "Head"] {
        assert_eq!(folder.status(&format!("{method} /"), ""), 501, "{method}");
    }
}

#[test]
fn parts_of_a_file_can_be_had() {
    let folder = Folder::new();
    let part = |range: &str| folder.ask("GET /docs/a%20b.txt", &format!("Range: {range}\r\n"));
    for (range, content_range, content) in [
        ("bytes=0-3", "bytes 0-3/10", "0123"),
        ("bytes=4-", "bytes 4-9/10", "456789"),
        ("bytes=9-9", "bytes 9-9/10", "9"),
        ("bytes=8-100", "bytes 8-9/10", "89"),
        ("bytes=-3", "bytes 7-9/10", "789"),
        ("bytes=-100", "bytes 0-9/10", "0123456789"),
        ("bytes=0-18446744073709551615", "bytes 0-9/10", "0123456789"),
    ] {
        let (head, body) = part(range);
        assert!(head.starts_with("HTTP/1.1 206 "), "{range}: {head}");
        assert_eq!(
            value(&head, "Content-Range"),
            Some(content_range),
            "{range}"
        );
        assert_eq!(
            value(&head, "Content-Length"),
            Some(&*content.len().to_string())
        );
        assert_eq!(body, content, "{range}");
    }
    for range in [
        "bytes=10-",
        "bytes=10-20",
        "bytes=-0",
        "bytes=18446744073709551615-",
    ] {
        let (head, _) = part(range);
        assert!(head.starts_with("HTTP/1.1 416 "), "{range}: {head}");
        assert_eq!(value(&head, "Content-Range"), Some("bytes */10"), "{range}");
    }
    // What cannot be understood counts for nothing.
    for range in [
        "bytes=3-1",
        "bytes=0-1,4-5",
        "bytes=+1-2",
        "bytes=-",
        "bytes=",
        "lines=1-2",
        "bytes 1-2",
        "bytes=0-99999999999999999999",
        "bytes=a-b",
    ] {
        let (head, body) = part(range);
        assert!(
            head.starts_with("HTTP/1.1 200 ") && body.len() == 10,
            "{range}: {head}"
        );
    }
    assert_eq!(
        folder.status("HEAD /docs/a%20b.txt", "Range: bytes=0-3\r\n"),
        200
    );
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let folder = Folder::new();
    let file = "GET /docs/a%20b.txt";
    let (head, _) = folder.ask(file, "");
    let tag = value(&head, "ETag").unwrap();
    let date = value(&head, "Last-Modified").unwrap();
    let old = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (fields, status) in [
        (format!("If-None-Match: {tag}\r\n"), 304),
        (format!("If-None-Match: \"x\", W/{tag}\r\n"), 304),
        ("If-None-Match: *\r\n".to_string(), 304),
        ("If-None-Match: \"x\"\r\n".to_string(), 200),
        (format!("If-Modified-Since: {date}\r\n"), 304),
        (format!("If-Modified-Since: {old}\r\n"), 200),
        ("If-Modified-Since: yesterday\r\n".to_string(), 200),
        // The tag counts more than the date.
        (
            format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {date}\r\n"),
            200,
        ),
        (format!("If-Match: {tag}\r\n"), 200),
        ("If-Match: *\r\n".to_string(), 200),
        ("If-Match: \"x\"\r\n".to_string(), 412),
        (format!("If-Unmodified-Since: {date}\r\n"), 200),
        (format!("If-Unmodified-Since: {old}\r\n"), 412),
        (format!("If-Range: {tag}\r\nRange: bytes=0-0\r\n"), 206),
        ("If-Range: \"x\"\r\nRange: bytes=0-0\r\n".to_string(), 200),
        (format!("If-Range: {date}\r\nRange: bytes=0-0\r\n"), 200),
    ] {
        assert_eq!(folder.status(file, &fields), status, "{fields}");
    }
    let (head, body) = folder.ask(file, &format!("If-None-Match: {tag}\r\n"));
    assert_eq!((value(&head, "ETag"), body.as_str()), (Some(tag), ""));
    fs::write(folder.root().join("docs/a b.txt"), "another").unwrap();
    assert_eq!(
        folder.status(file, &format!("If-None-Match: {tag}\r\n")),
        200
    );
}

#[test]
fn there_must_be_a_folder() {
    let folder = Folder::new();
    assert!(Files::new(Path::new("/there is no such folder")).is_err());
    assert!(Files::new(&folder.root().join("index.html")).is_err());
}

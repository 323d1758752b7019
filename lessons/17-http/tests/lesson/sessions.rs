//! The programs, with clients that others have written.

use std::fs;
use std::process::{Command, Stdio};

use crate::programs::{ANY_PORT, Program, assert_help, assert_port_in_use, installed};

const SERVERS: [&str; 2] = [
    env!("CARGO_BIN_EXE_http-server"),
    env!("CARGO_BIN_EXE_http-mio"),
];
const GET: &str = env!("CARGO_BIN_EXE_http-get");

#[test]
fn programs_say_how_they_are_used() {
    assert_help(SERVERS[0], "http-server [ADDRESS]", "127.0.0.1:7017");
    assert_help(SERVERS[1], "http-mio [ADDRESS]", "127.0.0.1:7117");
    assert_help(GET, "http-get [ADDRESS]", "127.0.0.1:7017");
}

#[test]
fn http_get_prints_what_a_server_says() {
    for path in SERVERS {
        let mut server = Program::start(path, &[ANY_PORT]);
        let address = server.address();
        assert_port_in_use(path, address);
        let mut get = Program::start(GET, &[&address.to_string()]);
        get.type_in(b"/Cargo.toml\n/nothing\n");
        let ended = get.finish();
        assert!(ended.status.success(), "{}", ended.errors);
        let said = String::from_utf8(ended.output).unwrap();
        assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
        assert!(said.contains("\r\n\r\n[package]\n"), "{said}");
        assert!(said.ends_with("\r\n\r\n404 Not Found\n"), "{said}");
        let mut get = Program::start(GET, &[&address.to_string()]);
        get.type_in(b"no slash\n");
        let ended = get.finish();
        assert_eq!(ended.status.code(), Some(1));
        assert!(
            ended.errors.contains("a target begins with a slash"),
            "{}",
            ended.errors
        );
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_server_while_clients_are_idle() {
    for path in SERVERS {
        let mut server = Program::start(path, &[ANY_PORT]);
        let idle = crate::programs::connect(server.address());
        let ended = server.interrupt();
        assert!(ended.status.success(), "{}", ended.errors);
        let said = String::from_utf8(ended.output).unwrap();
        assert!(
            said.ends_with("stopped; 0 conversations were cut off\n"),
            "{said}"
        );
        drop(idle);
    }
}

/// A load generator that others have written: every request is answered, and no connection fails.
#[test]
fn wrk_loses_nothing() {
    if !installed("wrk") {
        return;
    }
    for path in SERVERS {
        let mut server = Program::start(path, &[ANY_PORT]);
        let url = format!("http://{}/Cargo.toml", server.address());
        let run = Command::new("wrk")
            .args(["--threads", "1", "--connections", "32", "--duration", "1s"])
            .args(["--timeout", "20s", &url])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(
            run.status.success() && said.contains("requests in"),
            "{said}"
        );
        // What wrk says only when there were some.
        for bad in ["Socket errors", "Non-2xx"] {
            assert!(!said.contains(bad), "{path}: {said}");
        }
    }
}

/// What curl prints for these arguments, without its own words.
fn curl(arguments: &[&str]) -> String {
    let run = Command::new("curl")
        .args([
            "--silent",
            "--show-error",
            "--max-time",
            "20",
            "--noproxy",
            "*",
        ])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "curl {arguments:?}: {errors}");
    String::from_utf8_lossy(&run.stdout).into_owned()
}

#[test]
fn curl_understands_us_and_we_understand_curl() {
    if !installed("curl") {
        return;
    }
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    for path in SERVERS {
        let mut server = Program::start(path, &[ANY_PORT]);
        let url = format!("http://{}/Cargo.toml", server.address());
        assert_eq!(curl(&[&url]), manifest);
        assert_eq!(curl(&["--http1.0", &url]), manifest);
        // Two requests over one connection.
        let used = "%{num_connects} ";
        let twice = curl(&["-w", used, "-o", "/dev/null", "-o", "/dev/null", &url, &url]);
        assert_eq!(twice, "1 0 ");
        assert_eq!(curl(&["--range", "0-8", &url]), "[package]");
        let head = curl(&["--head", &url]);
        assert!(
            head.contains(&format!("Content-Length: {}\r\n", manifest.len())),
            "{head}"
        );
        let status = "%{http_code}";
        let tag = head
            .lines()
            .find_map(|line| line.strip_prefix("ETag: "))
            .unwrap();
        let known = format!("If-None-Match: {tag}");
        assert_eq!(curl(&["-w", status, "-H", &known, &url]), "304");
        let outside = url.replace("Cargo.toml", "../16-shutdown/Cargo.toml");
        let outside = curl(&["--path-as-is", "-o", "/dev/null", "-w", status, &outside]);
        assert_eq!(outside, "404");
        // It waits for 100 Continue before it sends, and with chunks it does not say how much.
        let folder = tempfile::tempdir().unwrap();
        let upload = folder.path().join("upload");
        fs::write(&upload, vec![b'x'; 500_000]).unwrap();
        let file = format!("@{}", upload.display());
        let post = [
            "-o",
            "/dev/null",
            "-w",
            status,
            "--data-binary",
            &file,
            &url,
        ];
        assert_eq!(curl(&post), "405");
        let chunked = [&["-H", "Transfer-Encoding: chunked"], &post[..]].concat();
        assert_eq!(curl(&chunked), "405");
        let expecting = [&["-H", "Expect: 100-continue"], &post[..]].concat();
        assert_eq!(curl(&expecting), "405");
        fs::write(&upload, vec![b'x'; 2_000_000]).unwrap();
        assert_eq!(curl(&expecting), "413");
    }
}

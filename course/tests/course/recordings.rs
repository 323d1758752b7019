//! The ladders that chapters show were recorded, and the programs still make these calls.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// File, programs, what the client reads, and the port that the server has when nobody asks for another.
const RECORDINGS: [(&str, &[&str], &str, &str); 2] = [
    (
        "lessons/01-first-socket/tests/traces/hello.ladder",
        &["hello-server", "hello-client"],
        "",
        "7001",
    ),
    (
        "lessons/02-tcp-echo/tests/traces/echo.ladder",
        &["echo-server", "echo-client"],
        "hello\n안녕하세요\n",
        "7002",
    ),
];

/// After a change that is meant: `SNAPSHOTS=overwrite cargo test -p course recorded`.
#[test]
fn recorded_ladders_are_what_the_programs_do() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "strace is missing");
        println!("skipped: strace is not installed");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (file, programs, input, port) in RECORDINGS {
        let new = folder.path().join("ladder");
        let mut course = Command::new(env!("CARGO_BIN_EXE_course"))
            .arg("trace")
            .args(programs)
            .arg("--ladder")
            .arg(&new)
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        course
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let ended = course.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{said}");
        let now = with_known_ports(&fs::read_to_string(&new).unwrap(), port);
        let recorded = root.join(file);
        if std::env::var("SNAPSHOTS").is_ok_and(|what| what == "overwrite") {
            fs::create_dir_all(recorded.parent().unwrap()).unwrap();
            fs::write(&recorded, now).unwrap();
            continue;
        }
        // What happens at the same time has no order. And the handle of the client's second thread is closed by that
        // thread or by the end of the process, whichever comes first.
        let sorted = |text: &str| {
            let lines = text
                .lines()
                .filter(|line| !line.ends_with("client: close(4)"));
            let mut lines: Vec<String> = lines.map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let recorded = fs::read_to_string(&recorded).unwrap();
        assert_eq!(sorted(&now), sorted(&recorded), "{file} now:\n{now}");
    }
}

/// The server's port as if it had been started without an address, and one for every client.
fn with_known_ports(text: &str, usual: &str) -> String {
    let server = text
        .split_once("connect(3, 127.0.0.1:")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map_or("", |(port, _)| port);
    let mut out = String::new();
    for (index, part) in text.split("127.0.0.1:").enumerate() {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (port, rest) = part.split_at(if index == 0 { 0 } else { digits });
        if index > 0 {
            out.push_str("127.0.0.1:");
        }
        out.push_str(match port {
            _ if index == 0 => "",
            "0" => "0",
            port if port == server => usual,
            _ => "50000",
        });
        out.push_str(rest);
    }
    out
}

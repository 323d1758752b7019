//! A browser of the Chromium family, driven over its debugging protocol (<https://chromedevtools.github.io/devtools-protocol/>).

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

/// Names under which such a browser is installed.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS: [&str; 11] = [
    "--headless",
    "--hide-scrollbars",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
];
const START_DEADLINE: Duration = Duration::from_secs(30);
/// For one answer of the browser, or for a page to load.
pub(crate) const ANSWER_DEADLINE: Duration = Duration::from_secs(60);
/// For the process to end by itself after it was told to.
const END_DEADLINE: Duration = Duration::from_secs(5);
pub(crate) const POLL: Duration = Duration::from_millis(20);
/// Bytes of one message from the browser; a picture of a long page is the largest.
const LARGEST_MESSAGE: usize = 256 << 20;

/// Bytes of the answer to the opening handshake.
const LONGEST_HANDSHAKE: usize = 4096;

/// What went wrong, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The browser on the `PATH`, if there is one.
pub(crate) fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    NAMES
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

/// What to say when there is none.
///
/// # Errors
/// The same in CI, where all must be tried.
pub(crate) fn missing() -> Result<String, String> {
    let sentence = format!(
        "no browser: the pages were not tried. Install one of {}.",
        NAMES.join(", ")
    );
    match env::var("CI").is_ok_and(|value| value == "true") {
        true => Err(sentence),
        false => Ok(sentence),
    }
}

/// Pixels. The print page holds all chapters and is too long for one picture.
const LONGEST_PICTURE: u64 = 16_000;

/// A running browser with one page. Dropping it ends the process and removes its profile.
pub struct Browser {
    process: Child,
    profile: PathBuf,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    last_id: u64,
    /// What happened in the page since an address was opened last, as the protocol tells it.
    pub events: Vec<Value>,
}

impl Browser {
    /// Starts the browser that is installed. `None` when there is none: then nothing is tried, except in CI, where that is
    /// a failure.
    ///
    /// # Errors
    /// As for [`Browser::start`]; and in CI, when none is installed.
    pub fn start_installed(profile: &Path) -> Result<Option<Browser>, Failure> {
        if let Some(program) = installed() {
            return Browser::start(&program, profile).map(Some);
        }
        eprintln!("skipped: {}", missing()?);
        Ok(None)
    }

    /// Starts `program`, with `profile` as the folder of a new profile.
    ///
    /// # Errors
    /// When it does not start, or does not answer.
    pub fn start(program: &Path, profile: &Path) -> Result<Browser, Failure> {
        fs::create_dir_all(profile)?;
        let user_data = format!("--user-data-dir={}", profile.display());
        let mut process = Command::new(program)
            .args(FLAGS)
            .args([user_data.as_str(), "about:blank"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let socket = match connect(profile) {
            Ok(socket) => socket,
            Err(error) => {
                end(&mut process, profile);
                return Err(error);
            }
        };
        let profile = profile.to_path_buf();
        let mut browser = Browser {
            process,
            profile,
            socket,
            session: None,
            last_id: 0,
            events: Vec::new(),
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach)?;
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        browser.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true }))?;
        Ok(browser)
    }

    /// Sends a command and waits for its answer; events that come meanwhile are kept.
    ///
    /// # Errors
    /// What the browser says, or that it does not answer in time.
    pub fn call(&mut self, method: &str, params: Value) -> Result<Value, Failure> {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string()))?;
        let deadline = Instant::now() + ANSWER_DEADLINE;
        loop {
            let mut answer = self
                .receive(deadline)
                .map_err(|error| format!("{method}: {error}"))?;
            if answer["id"] != json!(self.last_id) {
                self.events.push(answer);
            } else if answer["error"].is_object() {
                return Err(format!("{method}: {}", answer["error"]["message"]).into());
            } else {
                return Ok(answer["result"].take());
            }
        }
    }

    fn receive(&mut self, deadline: Instant) -> Result<Value, Failure> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("no answer in time".into());
            }
            self.socket.get_ref().set_read_timeout(Some(left))?;
            if let Message::Text(text) = self.socket.read()? {
                return Ok(serde_json::from_str(&text)?);
            }
        }
    }

    /// Opens a file and waits until it has loaded with all that belongs to it.
    ///
    /// # Errors
    /// When it has not loaded in time.
    pub fn open(&mut self, file: &Path) -> Result<(), Failure> {
        self.open_address(&file_address(file))
    }

    /// Opens an address and waits until it has loaded with all that belongs to it.
    ///
    /// # Errors
    /// When it has not loaded in time.
    pub fn open_address(&mut self, address: &str) -> Result<(), Failure> {
        self.events.clear();
        let answer = self.call("Page.navigate", json!({ "url": address }))?;
        let has_loaded = |event: &Value| {
            let params = &event["params"];
            event["method"] == "Page.lifecycleEvent"
                && params["name"] == "load"
                && params["loaderId"] == answer["loaderId"]
        };
        let deadline = Instant::now() + ANSWER_DEADLINE;
        while !self.events.iter().any(has_loaded) {
            let event = self
                .receive(deadline)
                .map_err(|error| format!("{address}: {error}"))?;
            self.events.push(event);
        }
        Ok(())
    }

    /// The value of a JavaScript expression, or of the promise that it gives.
    ///
    /// # Errors
    /// The exception that it throws; or it has no value in time.
    pub fn evaluate(&mut self, expression: &str) -> Result<Value, Failure> {
        let params =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", params)?;
        match &answer["exceptionDetails"] {
            Value::Null => Ok(answer["result"]["value"].take()),
            details => Err(format!("the page's script failed: {details}").into()),
        }
    }

    /// A picture of the page from its top, as long as the browser can make one.
    ///
    /// # Errors
    /// When there is none, or the file cannot be written.
    pub fn take_picture(&mut self, file: &Path) -> Result<(), Failure> {
        let size = self.evaluate("[innerWidth, document.documentElement.scrollHeight]")?;
        let height = size[1].as_u64().unwrap_or(0).clamp(1, LONGEST_PICTURE);
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": height, "scale": 1 });
        let picture = self.call(
            "Page.captureScreenshot",
            json!({ "captureBeyondViewport": true, "format": "png", "clip": clip }),
        )?;
        let data = picture["data"]
            .as_str()
            .and_then(decode_base64)
            .ok_or("a picture that cannot be read")?;
        Ok(fs::write(file, data)?)
    }

    /// Presses a key and lets it go: its name, its code, and the text that it types.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn press(&mut self, key: &str, code: u32, text: &str) -> Result<(), Failure> {
        let mut event = json!({ "type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
        self.call("Input.dispatchKeyEvent", event.clone())?;
        event["type"] = json!("keyUp");
        self.call("Input.dispatchKeyEvent", event)?;
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session = None;
        let _ = self.call("Browser.close", json!({}));
        end(&mut self.process, &self.profile);
    }
}

/// Waits a moment for the process to end by itself, kills it otherwise, and removes its profile.
fn end(process: &mut Child, profile: &Path) {
    let deadline = Instant::now() + END_DEADLINE;
    while matches!(process.try_wait(), Ok(None)) {
        if Instant::now() > deadline {
            let _ = process.kill();
            let _ = process.wait();
            break;
        }
        thread::sleep(POLL);
    }
    // Its child processes may still write while they end.
    while profile.exists() && fs::remove_dir_all(profile).is_err() && Instant::now() < deadline {
        thread::sleep(POLL);
    }
}

/// The browser writes its port and the path of its WebSocket into its profile once it listens.
fn connect(profile: &Path) -> Result<WebSocket<TcpStream>, Failure> {
    let deadline = Instant::now() + START_DEADLINE;
    loop {
        let text = fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
        if let Some((port, path)) = text.split_once('\n') {
            let mut stream = TcpStream::connect(("127.0.0.1", port.parse::<u16>()?))?;
            stream.set_read_timeout(Some(ANSWER_DEADLINE))?;
            stream.set_write_timeout(Some(ANSWER_DEADLINE))?;
            open_websocket(&mut stream, path.trim())?;
            let config = WebSocketConfig::default()
                .max_message_size(Some(LARGEST_MESSAGE))
                .max_frame_size(Some(LARGEST_MESSAGE));
            return Ok(WebSocket::from_raw_socket(
                stream,
                Role::Client,
                Some(config),
            ));
        }
        if Instant::now() > deadline {
            return Err("it did not start in time".into());
        }
        thread::sleep(POLL);
    }
}

/// The opening handshake (RFC 6455, section 4.1). The answer's key is not verified: whoever knows the path is our browser.
fn open_websocket(stream: &mut TcpStream, path: &str) -> Result<(), Failure> {
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    // Byte by byte, so that no byte of the first frame is taken.
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        answer.push(byte[0]);
        if answer.len() > LONGEST_HANDSHAKE {
            return Err("its handshake does not end".into());
        }
    }
    if answer.starts_with(b"HTTP/1.1 101 ") {
        Ok(())
    } else {
        Err(format!("it refused: {}", String::from_utf8_lossy(&answer).trim()).into())
    }
}

/// A path as an address: any byte that could mean something else there is written as `%XX`.
fn file_address(file: &Path) -> String {
    let mut address = String::from("file://");
    for byte in file.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count) = (0_u32, 0);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_folder_has_an_address() {
        assert_eq!(
            file_address(Path::new("/a b/#1/소.html")),
            "file:///a%20b/%231/%EC%86%8C.html"
        );
    }

    #[test]
    fn base64_of_any_length_is_decoded() {
        assert_eq!(
            decode_base64("aGVsbG8gd29ybGQ=").as_deref(),
            Some(&b"hello world"[..])
        );
        assert_eq!(decode_base64("AP8=").as_deref(), Some(&[0, 255][..]));
        assert_eq!(decode_base64("a?"), None);
    }
}

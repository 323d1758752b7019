//! Scratch.
fn main() {
    let engine = std::env::args().nth(1).unwrap_or_default();
    let l = std::net::TcpListener::bind("127.0.0.1:9001").unwrap();
    let p = ws_handshake::Policy {
        origins: ws_handshake::Origins::Any,
        subprotocols: vec![],
    };
    let welcome = move |r: &http::Request| {
        let mut up = ws_handshake::upgrade(r, &p)?;
        let c = ws_deflate::accept(&up.offered).map(|(a, f)| {
            up.fields.push(("Sec-WebSocket-Extensions", f));
            Box::new(ws_deflate::Deflate::new(ws_frames::Role::Server, a))
                as Box<dyn ws_session::Compression>
        });
        Ok((up, ws_session::Session::server(64 << 20, c)))
    };
    let stop = threads::Stop::new();
    match engine.as_str() {
        "mio" => ws_session::mio::serve(l, threads::Limits::USUAL, &stop, |_| {}, welcome).unwrap(),
        _ => ws_session::threads::serve(l, threads::Limits::USUAL, &stop, |_| {}, welcome).unwrap(),
    };
}

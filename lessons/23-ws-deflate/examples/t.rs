fn main() {
    let l = std::net::TcpListener::bind("127.0.0.1:9001").unwrap();
    let p = ws_handshake::Policy {
        origins: ws_handshake::Origins::Any,
        subprotocols: vec![],
    };
    ws_session::threads::serve(
        l,
        threads::Limits::USUAL,
        &p,
        64 << 20,
        |u| {
            let (a, f) = ws_deflate::accept(&u.offered)?;
            u.fields.push(("Sec-WebSocket-Extensions", f));
            Some(
                Box::new(ws_deflate::Deflate::new(ws_frames::Role::Server, a))
                    as Box<dyn ws_session::Compression>,
            )
        },
        &threads::Stop::new(),
        |n| {
            let _ = n;
        },
    )
    .unwrap();
}

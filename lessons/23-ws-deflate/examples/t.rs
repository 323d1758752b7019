//! Scratch.
fn main() {
    let engine = std::env::args().nth(1).unwrap_or_default();
    let l = std::net::TcpListener::bind(std::env::args().nth(2).unwrap_or("127.0.0.1:9001".into()))
        .unwrap();
    println!("{}", l.local_addr().unwrap());
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
    let (l2, times) = (
        threads::Limits {
            connections: 100000,
            ..threads::Limits::USUAL
        },
        ws_session::Times::USUAL,
    );
    match engine.as_str() {
        "mio" => ws_session::mio::serve(l, l2, times, &stop, |_| {}, welcome).unwrap(),
        "tokio" => {
            let rt = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            rt.block_on(async {
                l.set_nonblocking(true).unwrap();
                let l = tokio::net::TcpListener::from_std(l).unwrap();
                ws_session::tokio::serve(l, l2, times, &stop, |_| {}, welcome)
                    .await
                    .unwrap()
            })
        }
        _ => ws_session::threads::serve(l, l2, times, &stop, |_| {}, welcome).unwrap(),
    };
}

//! Measures the HTTP servers of lesson 17 beside hyper: a keep-alive "hello".
//!
//! `cargo run --release -p bench --bin http-bench -- --help`. Run it on a machine that does nothing else, and
//! that has two processors: one for the server, and one for its clients.

use std::convert::Infallible;
use std::env;
use std::io::{self, Error};
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bench::load;
use bench::process::{self, Process};
use bench::servers::Report;
use clap::{Parser, Subcommand};
use http::threaded::Patience;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use threads::{Limits, Stop};
use tokio::sync::Notify;

/// What all of them say.
const HELLO: &str = "Hello, world!";
const TEXT: &str = "text/plain; charset=utf-8";

/// The server to which the others are compared.
const PEER: &str = "hyper";

/// A connection's patience, where the load decides how long it lasts.
const PATIENCE: Patience = Patience {
    request: process::LIMITS.idle,
    between: process::LIMITS.idle,
    response: process::LIMITS.idle,
    linger: Duration::from_secs(1),
};

/// Measures HTTP servers side by side.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Requests in a second, and the server's time for each
    Hello {
        /// Servers: http-mio, http-server (threads), hyper (tokio, one thread)
        #[arg(long, value_delimiter = ',', default_value = "http-mio,hyper")]
        servers: Vec<String>,
        /// Connections at the same time
        #[arg(long, value_delimiter = ',', default_value = "1,64,512")]
        clients: Vec<usize>,
        /// Requests that a client sends at once
        #[arg(long, value_delimiter = ',', default_value = "1,16")]
        together: Vec<usize>,
        /// How often each is measured, in turn; the table shows medians
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// How long each load lasts
        #[arg(long, default_value_t = 3)]
        seconds: u64,
    },
    /// Is one server, until standard input ends
    #[command(hide = true)]
    Serve { server: String },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().what {
        What::Hello {
            servers,
            clients,
            together,
            rounds,
            seconds,
        } => hello(&servers, &clients, &together, rounds, seconds),
        What::Serve { server } => serve(&server),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(server: &str) -> io::Result<()> {
    let answer = |_: &http::Request, _: &[u8], _: &http::threaded::Client| {
        http::Response::new(http::Status::OK, TEXT, HELLO)
    };
    process::serve(|listener, limits, stop, report| match server {
        "http-mio" => http::mio::serve(listener, limits, PATIENCE, stop, report, answer),
        "http-server" => http::threaded::serve(listener, limits, PATIENCE, stop, report, answer),
        PEER => on_hyper(listener, limits, stop, report),
        _ => Err(Error::other(format!(
            "There is no server {server:?} here. Choose from: http-mio, http-server, {PEER}."
        ))),
    })
}

/// hyper as its guide says, on one thread. It checks fields and dates its answers as ours do.
fn on_hyper(listener: TcpListener, _: Limits, stop: &Stop, _: Report) -> io::Result<usize> {
    let stopped = Arc::new(Notify::new());
    let notify = Arc::clone(&stopped);
    stop.on_stop(move || notify.notify_one());
    listener.set_nonblocking(true)?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            loop {
                let (stream, _) = tokio::select! {
                    accepted = listener.accept() => accepted?,
                    () = stopped.notified() => return Ok(0),
                };
                stream.set_nodelay(true)?;
                let serve = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .pipeline_flush(true) // As ours do: one write for responses that are ready together.
                    .serve_connection(TokioIo::new(stream), service_fn(greet));
                tokio::spawn(serve);
            }
        })
}

async fn greet(_: hyper::Request<Incoming>) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let mut response = hyper::Response::new(Full::new(Bytes::from_static(HELLO.as_bytes())));
    let content_type = HeaderValue::from_static(TEXT);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(response)
}

/// What one server did in one round.
#[derive(Clone, Copy)]
struct Measured {
    per_second: f64,
    /// The server's processor time for a request.
    micros: f64,
    p99: Duration,
}

fn hello(
    servers: &[String],
    clients: &[usize],
    together: &[usize],
    rounds: usize,
    seconds: u64,
) -> io::Result<()> {
    threads::raise_descriptor_limit();
    let program = env::current_exe()?;
    let time = Duration::from_secs(seconds);
    println!(
        "GET / over keep-alive connections; medians of {rounds} rounds of {seconds} s, in turn\n"
    );
    println!(
        "{:<13}{:>7}{:>9}{:>12}{:>9}{:>9}{:>10}{:>9}",
        "server", "clients", "together", "requests/s", "µs each", "p99 µs", "to hyper", "µs"
    );
    for &together in together {
        for &clients in clients {
            let mut all = vec![Vec::new(); servers.len()];
            for _ in 0..rounds.max(1) {
                for (name, measured) in servers.iter().zip(&mut all) {
                    let server = Process::start(&program, name, None)?;
                    let before = server.cpu()?;
                    let load = load::http(server.address, clients, together, time)?;
                    let cpu = server.cpu()? - before;
                    server.stop()?;
                    measured.push(Measured {
                        per_second: load.answered_per_second(),
                        micros: cpu.as_secs_f64() * 1e6 / load.answered.max(1) as f64,
                        p99: load.percentile(99.0),
                    });
                }
            }
            let medians: Vec<Measured> = all.iter().map(|all| median(all)).collect();
            let peer = servers.iter().position(|name| name == PEER);
            for (name, own) in servers.iter().zip(&medians) {
                let ratios =
                    peer.map(|peer| medians[peer])
                        .map_or([const { String::new() }; 2], |peer| {
                            [
                                format!("{:.2}", own.per_second / peer.per_second),
                                format!("{:.2}", own.micros / peer.micros),
                            ]
                        });
                println!(
                    "{name:<13}{clients:>7}{together:>9}{:>12.0}{:>9.2}{:>9}{:>10}{:>9}",
                    own.per_second,
                    own.micros,
                    own.p99.as_micros(),
                    ratios[0],
                    ratios[1],
                );
            }
            println!();
        }
    }
    println!(
        "requests/s: all clients together. µs each: processor time of the server for a request."
    );
    println!("to {PEER}: its requests/s and its µs each, divided by those of {PEER}.");
    Ok(())
}

fn median(all: &[Measured]) -> Measured {
    let middle = |value: fn(&Measured) -> f64| {
        let mut values: Vec<f64> = all.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Measured {
        per_second: middle(|one| one.per_second),
        micros: middle(|one| one.micros),
        p99: Duration::from_secs_f64(middle(|one| one.p99.as_secs_f64())),
    }
}

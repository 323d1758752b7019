//! Measures the HTTP servers of lesson 17 beside hyper: a keep-alive "hello".
//!
//! `cargo run --release -p bench --bin http-bench -- --help`. Run it on a machine that does nothing else, and
//! that has two processors: one for the server, and one for its clients.

use std::convert::Infallible;
use std::env;
use std::io::{self, Error};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bench::cores::Cores;
use bench::load;
use bench::process::{self, Process};
use bench::servers::Report;
use bench::table::Table;
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
        #[arg(long, value_delimiter = ',', default_value = "1,64")]
        clients: Vec<usize>,
        /// Requests that a client sends at once
        #[arg(long, value_delimiter = ',', default_value = "1,16")]
        together: Vec<usize>,
        /// How often each is measured, in turn; the table shows medians
        #[arg(long, default_value_t = 7)]
        rounds: usize,
        /// How long each load lasts
        #[arg(long, default_value_t = 3)]
        seconds: u64,
        /// A folder in which the table is put
        #[arg(long)]
        write: Option<PathBuf>,
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
            write,
        } => hello(
            &servers,
            &clients,
            &together,
            rounds,
            Duration::from_secs(seconds),
            write,
        ),
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
}

fn hello(
    servers: &[String],
    clients: &[usize],
    together: &[usize],
    rounds: usize,
    time: Duration,
    write: Option<PathBuf>,
) -> io::Result<()> {
    threads::raise_descriptor_limit();
    let cores = Cores::two();
    let mut table = Table::new("http-bench")?;
    table.line(&format!(
        "GET / and \"{HELLO}\" over keep-alive; medians of {rounds} rounds of {} s, servers in turn",
        time.as_secs()
    ));
    table.line(match cores {
        Some(_) => "the server has one core for itself, and its clients another one",
        None => "the system decides on which cores the server and its clients run",
    });
    table.line("");
    table.line(&format!(
        "{:<12}{:>8}{:>10}{:>12}{:>7}{:>12}{:>10}{:>7}",
        "server", "clients", "together", "requests/s", "ratio", "range", "µs each", "ratio"
    ));
    for &together in together {
        for &clients in clients {
            let mut all = vec![Vec::new(); servers.len()];
            for round in 0..rounds.max(1) {
                // Who comes first changes: a machine that becomes slower, or faster, does so for all.
                let mut turns: Vec<usize> = (0..servers.len()).collect();
                turns.rotate_left(round % servers.len());
                for server in turns {
                    all[server].push(measure(&servers[server], cores, clients, together, time)?);
                }
            }
            let peer = servers.iter().position(|name| name == PEER);
            for (name, own) in servers.iter().zip(&all) {
                let (more, range, dearer) =
                    peer.map_or_else(Default::default, |peer| compared(own, &all[peer]));
                table.line(&format!(
                    "{name:<12}{clients:>8}{together:>10}{:>12.0}{more:>7}{range:>12}{:>10.2}{dearer:>7}",
                    median(own.iter().map(|one| one.per_second)),
                    median(own.iter().map(|one| one.micros)),
                ));
            }
            table.line("");
        }
    }
    table.line("together: requests that a client sends at once. requests/s: all clients together.");
    table.line("µs each: processor time of the server for a request, in it and in the kernel.");
    table.line(
        "ratio: to hyper in the same round, median; and from where to where that was. One core",
    );
    table.line(
        "of clients can ask for so much and no more: then µs each says what requests/s cannot.",
    );
    match write {
        Some(folder) => table.write(&folder.join("http.txt")),
        None => Ok(()),
    }
}

fn measure(
    server: &str,
    cores: Option<Cores>,
    clients: usize,
    together: usize,
    time: Duration,
) -> io::Result<Measured> {
    // The process that is started inherits the core.
    cores.map_or(Ok(()), Cores::use_servers)?;
    let server = Process::start(&env::current_exe()?, server, None)?;
    cores.map_or(Ok(()), Cores::use_clients)?;
    let before = server.cpu()?;
    let load = load::http(server.address, clients, together, time)?;
    let cpu = server.cpu()?.saturating_sub(before);
    server.stop()?;
    Ok(Measured {
        per_second: load.answered_per_second(),
        micros: cpu.as_secs_f64() * 1e6 / load.answered.max(1) as f64,
    })
}

/// `own` by `peer`, round by round: requests in a second, the range of that, and time for each.
fn compared(own: &[Measured], peer: &[Measured]) -> (String, String, String) {
    let ratios = |value: fn(&Measured) -> f64| {
        let rounds = own.iter().zip(peer);
        rounds.map(move |(own, peer)| value(own) / value(peer))
    };
    let more = || ratios(|one| one.per_second);
    let least = more().fold(f64::INFINITY, f64::min);
    let most = more().fold(0.0, f64::max);
    (
        format!("{:.2}", median(more())),
        format!("{least:.2}-{most:.2}"),
        format!("{:.2}", median(ratios(|one| one.micros))),
    )
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

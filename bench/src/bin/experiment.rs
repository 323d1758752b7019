//! Measures the servers of the course side by side, each in a process of its own.
//!
//! `cargo run --release -p bench --bin experiment -- --help`. Run it on a machine that does nothing
//! else; the clients share its processors with the servers.

use std::env;
use std::fs;
use std::io::{self, Error};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use bench::load::{self, Outcome, Talk};
use bench::plot::{self, Plot};
use bench::process::{self, Process};
use bench::servers::{self, Protocol, Server};
use bench::table::Table;
use clap::{Parser, Subcommand};

/// Measures the servers of the course side by side.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Echo: throughput, latency, and what silent clients cost
    Echo {
        /// Servers, by the names of their programs
        #[arg(
            long,
            value_delimiter = ',',
            default_value = "threaded-echo,nonblocking-echo,mio-echo,tokio-echo"
        )]
        servers: Vec<String>,
        /// Clients at the same time
        #[arg(long, value_delimiter = ',', default_value = "1,10,100,1000,5000")]
        clients: Vec<usize>,
        /// Bytes of a message
        #[arg(long, default_value_t = 64)]
        length: usize,
        /// How long each load lasts
        #[arg(long, default_value_t = 3)]
        seconds: u64,
        /// A folder in which the table and the pictures are put
        #[arg(long)]
        write: Option<PathBuf>,
    },
    /// Chat: the latency of a hundred members, without and with one that does not read
    Chat {
        /// Servers, by the names of their programs
        #[arg(
            long,
            value_delimiter = ',',
            default_value = "chat-server,mio-chat,tokio-chat"
        )]
        servers: Vec<String>,
        /// Members that talk and read
        #[arg(long, default_value_t = 100)]
        members: usize,
        /// Bytes of what one says
        #[arg(long, default_value_t = 2000)]
        length: usize,
        /// Milliseconds between two messages of one member
        #[arg(long, default_value_t = 500)]
        pause: u64,
        /// How long they talk
        #[arg(long, default_value_t = 10)]
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
        What::Echo {
            servers,
            clients,
            length,
            seconds,
            write,
        } => echo(
            &servers,
            &clients,
            length,
            Duration::from_secs(seconds),
            write,
        ),
        What::Chat {
            servers,
            members,
            length,
            pause,
            seconds,
            write,
        } => {
            let talk = Talk {
                members,
                length,
                pause: Duration::from_millis(pause),
                time: Duration::from_secs(seconds),
                non_reader: false,
            };
            chat(&servers, talk, write)
        }
        What::Serve { server } => {
            named(&server, None).and_then(|server| process::serve(server.serve))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn named(name: &str, protocol: Option<Protocol>) -> io::Result<&'static Server> {
    let known = servers::ALL
        .iter()
        .filter(|server| protocol.is_none_or(|protocol| protocol == server.protocol));
    known
        .clone()
        .find(|server| server.name == name)
        .ok_or_else(|| {
            let names: Vec<&str> = known.map(|server| server.name).collect();
            Error::other(format!(
                "There is no server {name:?} here. Choose from: {}.",
                names.join(", ")
            ))
        })
}

/// What one server did with so many clients.
struct Row {
    server: String,
    clients: usize,
    load: Outcome,
    threads: u64,
    /// Bytes of the process while the clients are silent.
    memory: u64,
    /// Bytes of it before the first one came.
    empty: u64,
    /// Time on the processors during a second in which nothing happens.
    idle: Duration,
}

impl Row {
    /// Bytes that one silent client costs; of few clients it would say nothing.
    fn for_each_client(&self) -> String {
        const MANY: usize = 100;
        match self.clients {
            MANY.. => (self.memory.saturating_sub(self.empty) / self.clients as u64).to_string(),
            _ => "-".to_string(),
        }
    }
}

fn echo(
    names: &[String],
    clients: &[usize],
    length: usize,
    time: Duration,
    write: Option<PathBuf>,
) -> io::Result<()> {
    let experiment = env::current_exe()?;
    threads::raise_descriptor_limit();
    let mut table = Table::new("experiment")?;
    table.line(&format!(
        "{length}-byte messages back and forth for {} s; silent clients in a run of their own",
        time.as_secs()
    ));
    table.line("");
    table.line(&format!(
        "{:<17}{:>7}{:>12}{:>9}{:>9}{:>9}{:>10}{:>7}",
        "server", "clients", "messages/s", "p50 µs", "p99 µs", "threads", "B/client", "idle"
    ));
    let mut rows = Vec::new();
    // One after the other, size by size, so that a machine that becomes slower does so for all.
    for &count in clients {
        for name in names {
            named(name, Some(Protocol::Echo))?;
            let row = measure(&experiment, name, count, length, time)?;
            table.line(&format!(
                "{:<17}{:>7}{:>12.0}{:>9}{:>9}{:>9}{:>10}{:>6.1}%",
                row.server,
                row.clients,
                row.load.answered_per_second(),
                row.load.percentile(50.0).as_micros(),
                row.load.percentile(99.0).as_micros(),
                row.threads,
                row.for_each_client(),
                row.idle.as_secs_f64() * 100.0,
            ));
            rows.push(row);
        }
        table.line("");
    }
    table.line(
        "messages/s: all clients together. p50, p99: from sending a message until it is back.",
    );
    table.line("B/client: resident memory of the server's process, more than without clients.");
    table.line("idle: processor time of the server while nobody says anything.");
    let Some(folder) = write else {
        return Ok(());
    };
    table.write(&folder.join("echo.txt"))?;
    let plots = [
        Plot {
            name: "memory",
            title: "Memory of the server while its clients are silent",
            across: "clients",
            up: "MiB",
            lines: lines(names, &rows, |row| row.memory as f64 / (1024.0 * 1024.0)),
        },
        Plot {
            name: "latency",
            title: "Latency that 99 of 100 messages do not exceed",
            across: "clients",
            up: "ms",
            lines: lines(names, &rows, |row| {
                row.load.percentile(99.0).as_secs_f64() * 1000.0
            }),
        },
    ];
    for plot in plots {
        let file = folder.join(format!("echo-{}.svg", plot.name));
        fs::write(&file, plot::draw(&plot).map_err(Error::other)?)?;
        println!("{}", file.display());
    }
    Ok(())
}

fn lines(
    names: &[String],
    rows: &[Row],
    value: impl Fn(&Row) -> f64,
) -> Vec<(String, Vec<(f64, f64)>)> {
    let points = |name: &String| {
        rows.iter()
            .filter(|row| row.server == *name)
            .map(|row| (row.clients as f64, value(row)))
            .collect()
    };
    names
        .iter()
        .map(|name| (name.clone(), points(name)))
        .collect()
}

fn measure(
    experiment: &Path,
    name: &str,
    clients: usize,
    length: usize,
    time: Duration,
) -> io::Result<Row> {
    const SECOND: Duration = Duration::from_secs(1);

    // Each has a process of its own for each measurement: memory that a load has left behind is
    // not what a silent client costs.
    let server = Process::start(experiment, name, None)?;
    let empty = server.memory()?;
    let held = load::hold(server.address, clients)?;
    let memory = server.memory()?;
    let threads = server.threads()?;
    let before = server.cpu()?;
    thread::sleep(SECOND);
    let idle = server.cpu()? - before;
    drop(held);
    server.stop()?;

    let server = Process::start(experiment, name, None)?;
    let load = load::echo(server.address, clients, length, time)?;
    server.stop()?;
    Ok(Row {
        server: name.to_string(),
        clients,
        load,
        threads,
        memory,
        empty,
        idle,
    })
}

fn chat(names: &[String], talk: Talk, write: Option<PathBuf>) -> io::Result<()> {
    let experiment = env::current_exe()?;
    let mut table = Table::new("experiment")?;
    table.line(&format!(
        "{} members, each says {} bytes every {} ms, for {} s",
        talk.members,
        talk.length,
        talk.pause.as_millis(),
        talk.time.as_secs()
    ));
    table.line("");
    table.line(&format!(
        "{:<13}{:<13}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}",
        "server", "one more", "heard/s", "p50 µs", "p99 µs", "max µs", "peak KiB", "put out"
    ));
    for name in names {
        named(name, Some(Protocol::Chat))?;
        for non_reader in [false, true] {
            let server = Process::start(&experiment, name, None)?;
            let (load, put_out) = load::chat(server.address, Talk { non_reader, ..talk })?;
            table.line(&format!(
                "{name:<13}{:<13}{:>8.0}{:>9}{:>9}{:>9}{:>9}{:>9}",
                if non_reader { "never reads" } else { "-" },
                load.delivered as f64 / load.time.as_secs_f64(),
                load.percentile(50.0).as_micros(),
                load.percentile(99.0).as_micros(),
                load.percentile(100.0).as_micros(),
                server.peak_memory()? / 1024,
                put_out.map_or("-".to_string(), |after| {
                    format!("{:.1} s", after.as_secs_f64())
                }),
            ));
            server.stop()?;
        }
    }
    table.line("");
    table
        .line("heard/s: messages that came to members. p50, p99, max: from saying a message until");
    table.line("its speaker hears it. peak: the most resident memory of the server's process.");
    match write {
        Some(folder) => table.write(&folder.join("chat.txt")),
        None => Ok(()),
    }
}

//! Measures WebSocket echo servers side by side: ours, the libraries that one would take instead, and TCP alone.
//!
//! `cargo run --release -p bench --bin ws-bench -- --help`. Run it on a machine that does nothing else, and
//! that has two processors: one for the server, and one for its clients.

use std::env;
use std::fs;
use std::io::{self, Error};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use bench::cores::Cores;
use bench::plot::{self, Plot};
use bench::process;
use bench::table::Table;
use bench::websockets::{self, RAW};
use bench::ws_load::{self, Echoed, Load};
use clap::{Parser, Subcommand};
use serde_json::{Map, Value, json};

/// The library to which all others are compared, too.
const FAST: &str = "fastwebsockets";

/// Measures WebSocket echo servers side by side.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Messages in a second, as ratios
    Echo {
        /// Servers; without this, all that the machine has
        #[arg(long, value_delimiter = ',')]
        servers: Vec<String>,
        /// Bytes of a message
        #[arg(
            long,
            value_delimiter = ',',
            default_value = "16,125,1024,16384,65536,1048576"
        )]
        lengths: Vec<usize>,
        /// Clients at the same time
        #[arg(long, value_delimiter = ',', default_value = "1,32,200")]
        connections: Vec<usize>,
        /// Messages of one client that are under way at the same time
        #[arg(long, value_delimiter = ',', default_value = "1,64")]
        in_flight: Vec<usize>,
        /// How often each is measured, in turn; the table shows medians
        #[arg(long, default_value_t = 7)]
        rounds: usize,
        /// How long each load lasts
        #[arg(long, default_value_t = 250)]
        milliseconds: u64,
        /// A folder in which the table, the JSON and the pictures are put
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
            lengths,
            connections,
            in_flight,
            rounds,
            milliseconds,
            write,
        } => websockets::wanted(servers).and_then(|servers| {
            let mut points = Vec::new();
            for &in_flight in &in_flight {
                for &connections in &connections {
                    points.extend(lengths.iter().map(|&length| Load {
                        length,
                        connections,
                        in_flight,
                        websocket: true,
                    }));
                }
            }
            let time = Duration::from_millis(milliseconds);
            echo(&servers, &points, rounds.max(1), time, write.as_deref())
        }),
        What::Serve { server } => process::serve(|listener, limits, stop, report| {
            websockets::serve(&server, listener, limits, stop, report)
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What all servers did at one point, round by round.
struct Measured {
    load: Load,
    rounds: Vec<Vec<Echoed>>,
}

impl Measured {
    fn median(&self, server: usize) -> f64 {
        median(self.rounds[server].iter().map(|one| one.per_second))
    }

    /// How `server` did beside `other`: the median of the ratios of all rounds.
    fn ratio(&self, server: usize, other: usize, value: fn(&Echoed) -> f64) -> f64 {
        let rounds = self.rounds[server].iter().zip(&self.rounds[other]);
        median(rounds.map(|(own, other)| value(own) / value(other)))
    }
}

fn echo(
    servers: &[String],
    points: &[Load],
    rounds: usize,
    time: Duration,
    write: Option<&Path>,
) -> io::Result<()> {
    threads::raise_descriptor_limit();
    let cores = Cores::two();
    let mut table = Table::new("ws-bench")?;
    table.line(&format!(
        "binary messages back and forth; medians of {rounds} rounds of {} ms, servers in turn",
        time.as_millis()
    ));
    table.line(match cores {
        Some(_) => "the server has one core for itself, and its clients another one",
        None => "the system decides on which cores the server and its clients run",
    });
    let own = |server: &usize| servers[*server].starts_with("ws-");
    let at = |name: &str| servers.iter().position(|server| server == name);
    let libraries: Vec<usize> = (0..servers.len())
        .filter(|server| !own(server) && servers[*server] != RAW)
        .collect();
    table.line("");
    let mut head = format!("{:>9}{:>9}{:>9}", "in flight", "clients", "bytes");
    for server in servers {
        head += &format!("{:>10}", server.get(..9).unwrap_or(server));
    }
    head += "  against best library, raw TCP, fastwebsockets";
    table.line(&head);
    let mut all = Vec::new();
    for &load in points {
        let measured = measure(servers, load, cores, rounds, time)?;
        let mut line = format!(
            "{:>9}{:>9}{:>9}",
            load.in_flight, load.connections, load.length
        );
        for server in 0..servers.len() {
            line += &format!("{:>10.0}", measured.median(server));
        }
        for server in (0..servers.len()).filter(own) {
            let rate = |other| measured.ratio(server, other, |one| one.per_second);
            let time = |other| measured.ratio(server, other, |one| one.micros);
            let rates = libraries.iter().map(|library| rate(*library));
            let times = libraries.iter().map(|library| time(*library));
            line += &format!(
                "  {} {} {} {} {} {}",
                &servers[server][3..],
                ratio(rates.reduce(f64::min)),
                ratio(at(RAW).map(rate)),
                ratio(at(FAST).map(rate)),
                ratio(times.reduce(f64::max)),
                ratio(at(RAW).map(time)),
            );
        }
        table.line(&line);
        all.push(measured);
    }
    table.line("");
    table.line("Figures: messages in a second, all clients together. Ratios: of our servers to the best of the");
    table.line("libraries, to TCP alone, and to fastwebsockets, each in the same round, median.");
    let Some(folder) = write else {
        return Ok(());
    };
    table.write(&folder.join("websockets.txt"))?;
    fs::write(folder.join("websockets.json"), json(servers, &all))?;
    for load in points {
        if load.length == points[0].length {
            draw(servers, &all, *load, folder)?;
        }
    }
    Ok(())
}

fn measure(
    servers: &[String],
    load: Load,
    cores: Option<Cores>,
    rounds: usize,
    time: Duration,
) -> io::Result<Measured> {
    let program = env::current_exe()?;
    let mut all = vec![Vec::new(); servers.len()];
    for round in 0..rounds {
        // Who comes first changes: a machine that becomes slower, or faster, does so for all.
        let mut turns: Vec<usize> = (0..servers.len()).collect();
        turns.rotate_left(round % servers.len());
        for server in turns {
            let name = &servers[server];
            // The process that is started inherits the core.
            cores.map_or(Ok(()), Cores::use_servers)?;
            let process = websockets::start(&program, name)?;
            cores.map_or(Ok(()), Cores::use_clients)?;
            let websocket = name != RAW;
            let load = Load { websocket, ..load };
            let answered = ws_load::echo(process.address, load, time, || process.cpu_of_threads());
            let answered = answered
                .map_err(|error| Error::new(error.kind(), format!("{name}, {load:?}: {error}")))?;
            all[server].push(answered);
        }
    }
    Ok(Measured { load, rounds: all })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or("-".to_string(), |ratio| format!("{ratio:.2}"))
}

/// All that was measured, for other programs.
fn json(servers: &[String], all: &[Measured]) -> String {
    let rounds = |rounds: &[Echoed]| -> Vec<_> {
        let rounds = rounds.iter();
        rounds.map(|one| json!({ "messages_per_second": one.per_second, "microseconds_each": one.micros })).collect()
    };
    let point = |measured: &Measured| {
        let names = servers.iter().cloned();
        let servers: Map<_, _> = names
            .zip(measured.rounds.iter().map(|all| rounds(all).into()))
            .collect();
        let load = measured.load;
        json!({ "bytes": load.length, "clients": load.connections, "in_flight": load.in_flight, "servers": servers })
    };
    let all: Vec<_> = all.iter().map(point).collect();
    format!("{:#}\n", Value::from(all))
}

/// A picture of all lengths, with as many clients, and messages in flight, as `load` has.
fn draw(servers: &[String], all: &[Measured], load: Load, folder: &Path) -> io::Result<()> {
    let (clients, in_flight) = (load.connections, load.in_flight);
    let points = |server: usize| {
        let here = all.iter().filter(|measured| {
            measured.load.connections == clients && measured.load.in_flight == in_flight
        });
        here.map(|measured| (measured.load.length as f64, measured.median(server)))
            .collect()
    };
    let svg = plot::draw(&Plot {
        name: &format!("websockets-{clients}x{in_flight}"),
        title: &format!("Echo servers: {clients} clients, {in_flight} messages of each in flight"),
        across: "bytes of a message",
        up: "messages/s",
        lines: servers
            .iter()
            .enumerate()
            .map(|(at, name)| (name.clone(), points(at)))
            .collect(),
    });
    let file = folder.join(format!("websockets-{clients}x{in_flight}.svg"));
    fs::write(&file, svg.map_err(Error::other)?)?;
    println!("{}", file.display());
    Ok(())
}

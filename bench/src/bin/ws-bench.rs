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
use serde_json::{Map, json};

/// The library to which all others are compared, too.
const FAST: &str = "fastwebsockets";

/// How the names of our servers begin.
const OURS: &str = "ws-";

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

    /// What `server` did beside `other`: the median of the ratios of all rounds.
    fn rate(&self, server: usize, other: usize) -> f64 {
        self.ratio(server, other, |one| one.per_second)
    }

    /// The least rate beside one of `others`, and the most processor time; if there are others.
    fn beside_best(&self, server: usize, others: &[usize]) -> Option<(f64, f64)> {
        let rates = others.iter().map(|other| self.rate(server, *other));
        let times = others
            .iter()
            .map(|other| self.ratio(server, *other, |one| one.micros));
        Some((rates.reduce(f64::min)?, times.reduce(f64::max)?))
    }

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
    // Now, and not when all is measured.
    write.map_or(Ok(()), fs::create_dir_all)?;
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
    let position = |name: &str| servers.iter().position(|server| server == name);
    let (raw, fast) = (position(RAW), position(FAST));
    let is_ours = |server: &usize| servers[*server].starts_with(OURS);
    let ours: Vec<usize> = (0..servers.len()).filter(is_ours).collect();
    let libraries: Vec<usize> = (0..servers.len())
        .filter(|server| !is_ours(server) && Some(*server) != raw)
        .collect();
    // To what the rates are compared: the limit, or whoever comes first.
    let base = raw.unwrap_or_default();
    let mut all: Vec<Measured> = Vec::new();
    for same in points.chunk_by(|one, next| one.crowd() == next.crowd()) {
        let first = all.len();
        for &load in same {
            // What takes minutes says where it is.
            eprintln!(
                "{} bytes, {} x {}",
                load.length, load.connections, load.in_flight
            );
            all.push(measure(servers, load, cores, rounds, time)?);
        }
        let block = &all[first..];
        let (clients, in_flight) = same[0].crowd();
        let mut line = |name: &str, value: &dyn Fn(&Measured) -> String| {
            let values: String = block
                .iter()
                .map(|one| format!("{:>9}", value(one)))
                .collect();
            table.line(&format!("{name:<24}{values}"));
        };
        line("", &|_| String::new());
        let bytes = |one: &Measured| one.load.length.to_string();
        line(&format!("{clients} x {in_flight}, bytes"), &bytes);
        let messages = |one: &Measured| format!("{:.0}", one.median(base));
        line(&format!("{}, messages/s", servers[base]), &messages);
        for (server, name) in servers
            .iter()
            .enumerate()
            .filter(|(server, _)| *server != base)
        {
            line(name, &|one| format!("{:.2}", one.rate(server, base)));
        }
        for &server in ours.iter().filter(|_| !libraries.is_empty()) {
            let name = &servers[server];
            let beside = |one: &Measured| one.beside_best(server, &libraries).unwrap_or_default();
            line(&format!("{name} : best"), &|one| {
                format!("{:.2}", beside(one).0)
            });
            line("  its processor time", &|one| {
                format!("{:.2}", beside(one).1)
            });
        }
    }
    table.line("");
    table.line("32 x 64: so many clients, and messages of each in flight. messages/s: all clients");
    table.line(
        "together; then the others, as ratios to that. best: beside the library that is best",
    );
    table.line(
        "there; its processor time: that for one message, beside the library that needs least.",
    );
    table.line("All ratios are medians of those in the same round. The least of them:");
    for &server in &ours {
        let best = least(&all, |one| Some(one.beside_best(server, &libraries)?.0));
        let fast = least(&all, |one| Some(one.rate(server, fast?)));
        let raw = least(&all, |one| {
            (one.load.length <= 1024).then_some(one.rate(server, raw?))
        });
        table.line(&format!(
            "{}: {best} of the best library, {fast} of {FAST}, {raw} of TCP alone up to 1,024 bytes",
            servers[server]
        ));
    }
    let Some(folder) = write else {
        return Ok(());
    };
    table.write(&folder.join("websockets.txt"))?;
    fs::write(folder.join("websockets.json"), json(servers, &all))?;
    for block in all.chunk_by(|one, next| one.load.crowd() == next.load.crowd()) {
        draw(servers, base, block, folder)?;
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

/// The least of a ratio at all points that have it.
fn least(all: &[Measured], ratio: impl Fn(&Measured) -> Option<f64>) -> String {
    let least = all.iter().filter_map(ratio).reduce(f64::min);
    least.map_or("-".to_string(), |least| format!("{least:.2}"))
}

/// All that was measured, round by round, for other programs.
fn json(servers: &[String], all: &[Measured]) -> String {
    let rounds = |rounds: &[Echoed]| {
        let rates: Vec<_> = rounds.iter().map(|one| one.per_second.round()).collect();
        let times = rounds.iter().map(|one| (one.micros * 1e3).round() / 1e3);
        let times: Vec<_> = times.collect();
        json!({ "messages_per_second": rates, "microseconds_each": times })
    };
    let point = |measured: &Measured| {
        let servers: Map<_, _> = servers
            .iter()
            .zip(&measured.rounds)
            .map(|(name, all)| (name.clone(), rounds(all)))
            .collect();
        let load = measured.load;
        json!({ "bytes": load.length, "clients": load.connections, "in_flight": load.in_flight, "servers": servers })
    };
    // A line for each point.
    let points: Vec<_> = all.iter().map(|one| point(one).to_string()).collect();
    format!("[\n{}\n]\n", points.join(",\n"))
}

/// A picture of all lengths: the servers beside the one to which they are compared.
fn draw(servers: &[String], base: usize, block: &[Measured], folder: &Path) -> io::Result<()> {
    let (clients, in_flight) = block[0].load.crowd();
    let points = |server: usize| {
        let points = block.iter();
        points
            .map(|one| (one.load.length as f64, one.rate(server, base)))
            .collect()
    };
    let svg = plot::draw(&Plot {
        name: &format!("websockets-{clients}x{in_flight}"),
        title: &format!("Echo servers: {clients} clients, {in_flight} messages of each in flight"),
        across: "bytes of a message",
        up: "messages/s, TCP alone = 1",
        lines: (0..servers.len())
            .filter(|server| *server != base)
            .map(|server| (servers[server].clone(), points(server)))
            .collect(),
    });
    let file = folder.join(format!("websockets-{clients}x{in_flight}.svg"));
    fs::write(&file, svg.map_err(Error::other)?)?;
    println!("{}", file.display());
    Ok(())
}

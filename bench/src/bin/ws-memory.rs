//! Measures what idle WebSocket clients cost a server: ours, the libraries that one would take instead, and TCP
//! alone.
//!
//! `cargo run --release -p bench --bin ws-memory -- --help`.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::ExitCode;

use bench::process;
use bench::table::Table;
use bench::websockets::{self, RAW};
use bench::ws_load;
use clap::{Parser, Subcommand};

/// Measures what idle WebSocket clients cost a server.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Bytes of memory for each client that says nothing, before and after it has said something long
    Idle {
        /// Servers; without this, all that the machine has
        #[arg(long, value_delimiter = ',')]
        servers: Vec<String>,
        /// Clients at the same time
        #[arg(long, default_value_t = 9_500)]
        clients: usize,
        /// Bytes of the message that each of them sends once
        #[arg(long, default_value_t = 64 * 1024)]
        length: usize,
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
        What::Idle {
            servers,
            clients,
            length,
            write,
        } => websockets::wanted(servers).and_then(|servers| idle(&servers, clients, length, write)),
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

fn idle(
    servers: &[String],
    clients: usize,
    length: usize,
    write: Option<PathBuf>,
) -> io::Result<()> {
    threads::raise_descriptor_limit();
    let program = env::current_exe()?;
    let mut table = Table::new("ws-memory")?;
    table.line(&format!(
        "{clients} clients that say nothing; then each sends one message of {length} bytes, and has it back"
    ));
    table.line("");
    table.line(&format!(
        "{:<18}{:>12}{:>12}{:>12}",
        "server", "B/client", "afterwards", "threads"
    ));
    for server in servers {
        let websocket = server != RAW;
        let process = websockets::start(&program, server)?;
        // One client first, and what it makes the server prepare for all of them.
        let mut first = ws_load::connect(process.address, websocket)?;
        exchange(&mut first, length, websocket)?;
        let empty = process.memory()?;
        let mut streams = Vec::with_capacity(clients);
        for _ in 0..clients {
            streams.push(ws_load::connect(process.address, websocket)?);
        }
        let each = |memory: u64| memory.saturating_sub(empty) / clients as u64;
        let before = each(process.memory()?);
        for stream in &mut streams {
            exchange(stream, length, websocket)?;
        }
        let after = each(process.memory()?);
        let threads = process.threads()?;
        table.line(&format!("{server:<18}{before:>12}{after:>12}{threads:>12}"));
    }
    table.line("");
    table.line(
        "B/client: memory of the server's process that is really there (VmRSS), for each client.",
    );
    match write {
        Some(folder) => table.write(&folder.join("websocket-memory.txt")),
        None => Ok(()),
    }
}

/// One message there and back.
fn exchange(stream: &mut TcpStream, length: usize, websocket: bool) -> io::Result<()> {
    let (question, expected) = ws_load::question_and_answer(length, websocket);
    stream.write_all(&question)?;
    let mut answer = vec![0; expected.len()];
    stream.read_exact(&mut answer)?;
    match answer == expected {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::InvalidData, "a wrong answer")),
    }
}

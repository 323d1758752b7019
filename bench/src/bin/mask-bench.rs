//! Measures how fast a payload is unmasked, beside a copy of the same bytes: the least that anybody could do with them.
//!
//! `cargo run --release -p bench --bin mask-bench`. Every program on the machine takes something from it.

use std::hint::black_box;
use std::io::{self, Error};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bench::cores::Cores;
use clap::Parser;
use ws_frames::mask;

/// Bytes of the payloads: a word, the longest of a short frame, and some that fit into fewer and fewer caches.
const SIZES: [usize; 6] = [16, 125, 1 << 10, 16 << 10, 64 << 10, 1 << 20];

/// So long a turn lasts, about: few turns are interrupted.
const TURN: Duration = Duration::from_micros(200);

/// Measures unmasking beside copying
#[derive(Parser)]
struct Arguments {
    /// How often each is measured, in turn; the table shows medians
    #[arg(long, default_value_t = 101)]
    rounds: usize,
    /// A folder in which the table is put
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> io::Result<()> {
    if arguments.rounds == 0 {
        return Err(Error::other("Give at least one round."));
    }
    let mut table = bench::table::Table::alone("mask-bench")?;
    if let Some(cores) = Cores::two() {
        cores.use_clients()?;
    }
    table.line("      bytes    copy, ns  unmask, ns  one by one, ns  copy / unmask");
    for size in SIZES {
        let [copied, unmasked, naive] = measure(size, arguments.rounds);
        table.line(&format!(
            "  {size:>9}  {copied:>10.1}  {unmasked:>10.1}  {naive:>14.1}  {:>13.2}",
            copied / unmasked
        ));
    }
    match &arguments.write {
        Some(folder) => table.write(&folder.join("mask.txt")),
        None => Ok(()),
    }
}

/// Nanoseconds for one payload of `size` bytes: to copy it, to unmask it, to unmask it as the RFC writes it.
fn measure(size: usize, rounds: usize) -> [f64; 3] {
    let from = vec![0x5a; size];
    let mut bytes = from.clone();
    let mut works: [&mut dyn FnMut(); 3] = [
        &mut || copy(black_box(&from), black_box(&mut bytes)),
        &mut {
            let mut bytes = from.clone();
            move || mask(black_box(&mut bytes), black_box([1, 2, 3, 4]), 0)
        },
        &mut {
            let mut bytes = from.clone();
            move || one_by_one(black_box(&mut bytes), black_box([1, 2, 3, 4]))
        },
    ];
    let times = works.each_mut().map(|work| times_in_a_turn(work));
    let mut taken = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        for ((work, times), taken) in works.iter_mut().zip(times).zip(&mut taken) {
            let start = Instant::now();
            for _ in 0..times {
                work();
            }
            taken.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(times));
        }
    }
    taken.map(|mut taken| {
        taken.sort_by(f64::total_cmp);
        taken[taken.len() / 2]
    })
}

/// Payloads between two looks at the clock, which takes as long as a short payload.
const ASK: u32 = 8;

fn times_in_a_turn(work: &mut dyn FnMut()) -> u32 {
    let mut times = 0;
    let start = Instant::now();
    while start.elapsed() < TURN {
        for _ in 0..ASK {
            work();
        }
        times += ASK;
    }
    times
}

/// A call, as unmasking is one.
#[inline(never)]
fn copy(from: &[u8], to: &mut [u8]) {
    to.copy_from_slice(from);
}

/// As section 5.3 writes it. Whoever leaves it so has a compiler that makes more of it, or not.
#[inline(never)]
fn one_by_one(bytes: &mut [u8], key: [u8; 4]) {
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte ^= key[at % 4];
    }
}

//! Reads bytes that nobody has thought of, for as long as it is told, and says what it found.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use clap::builder::PossibleValuesParser;
use fuzz::{Report, TARGETS, Target, input, run, shortest, target};

/// Reads bytes that nobody has thought of.
///
/// Targets: handshake, opening, offers, frames, deflate, echo, compressed, talk.
/// Without one, all of them in turn. Every input has a seed, and the next input
/// has the next seed.
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct Options {
    /// What reads them
    #[arg(value_parser = PossibleValuesParser::new(TARGETS.iter().map(|it| it.name)), hide_possible_values = true)]
    target: Option<String>,
    /// How long each target reads
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many inputs it reads, however long that takes
    #[arg(long)]
    inputs: Option<u64>,
    /// The first input's seed; without it, another one each time
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    // What a panic says is told as a finding.
    std::panic::set_hook(Box::new(|_| {}));
    let one = options.target.as_deref().and_then(target);
    let all = one.map_or(TARGETS, std::slice::from_ref);
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    let mut exit = ExitCode::SUCCESS;
    for target in all {
        let started = Instant::now();
        let time = Duration::from_secs(options.seconds);
        let report = run(target, seed, |count| match options.inputs {
            Some(inputs) => count < inputs,
            None => started.elapsed() < time,
        });
        tell(target, seed, started.elapsed(), &report);
        if report.finding.is_some() {
            exit = ExitCode::FAILURE;
        }
    }
    exit
}

fn tell(target: &Target, seed: u64, time: Duration, report: &Report) {
    println!("{}: {}", target.name, target.what);
    let seconds = time.as_secs_f64();
    println!(
        "  {} inputs in {seconds:.1} s, from seed {seed} on",
        report.inputs
    );
    for (word, count) in &report.words {
        println!("  {count:>9} {word}");
    }
    let Some(finding) = &report.finding else {
        println!("  nothing found");
        return;
    };
    // Of long bytes, the beginning.
    println!("  FOUND: {:.600}", finding.what);
    let replay = format!("--seed {} --inputs 1", finding.seed);
    println!("  again: cargo run -p fuzz -- {} {replay}", target.name);
    // One that hangs would hang again.
    if !finding.what.starts_with("one of") {
        let bytes = shortest(target, input(target, finding.seed));
        println!(
            "  the shortest input with something wrong: {} bytes",
            bytes.len()
        );
        println!("  \"{}\"", bytes.escape_ascii());
    }
}

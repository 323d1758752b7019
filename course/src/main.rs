//! `cargo course`: reads, checks, watches and hints.
//!
//! Rooms: what there is to learn (`catalogue`, `hints`), what the student did (`progress`), the way from a source file to
//! a verdict (`compile`, `overlay`, `process`, `grade`), what people meet (`home`, `check`, `watch`, `show`), the book as a
//! browser meets it (`serve`, `site`, `lab`, `reload`), and the tools of those who write exercises (`starter`, `author`,
//! `proof`).

mod author;
mod catalogue;
mod check;
mod compile;
mod grade;
mod hints;
mod home;
mod lab;
mod overlay;
mod process;
mod progress;
mod proof;
mod push;
mod reload;
mod serve;
mod show;
mod site;
mod starter;
mod trace;
mod trouble;
mod watch;

use std::fs;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use author::Replaced;
use catalogue::{Catalogue, Exercise, Language};
use progress::Progress;
use trouble::{Result, Trouble};

/// An answer is not right yet.
const NOT_YET: u8 = 1;
/// Wrong usage or a broken set-up; clap uses the same.
const BROKEN_SETUP: u8 = 2;
/// What shells report for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Reads, checks, watches and hints.
///
/// Without a command it builds, serves and opens the book, and shows what is next.
#[derive(Parser)]
#[command(name = "cargo course", bin_name = "cargo course", after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 passed, 1 not yet, 2 wrong usage or broken set-up.\n\
    COURSE_LANG=ko gives titles and hints in Korean.";

#[derive(Subcommand)]
enum Command {
    /// Lessons and exercises with state, difficulty and time
    List {
        /// For another program to read
        #[arg(long)]
        json: bool,
    },
    /// The verdict on one exercise, or on the next unsolved one
    Check {
        /// Its name, or its file
        exercise: Option<String>,
        /// Every exercise, as a table
        #[arg(long, conflicts_with = "exercise")]
        all: bool,
        /// For another program to read
        #[arg(long)]
        json: bool,
    },
    /// A verdict on every save
    Watch {
        /// Where to begin; otherwise the next unsolved one
        exercise: Option<String>,
        /// Look at the files instead of waiting for the system's notifications
        #[arg(long)]
        poll: bool,
    },
    /// One more hint for what failed last
    Hint { exercise: String },
    /// The answer, as a diff against yours
    Solution {
        exercise: String,
        /// Also before it is solved
        #[arg(long)]
        give_up: bool,
    },
    /// The starter back; your version is kept
    Reset { exercise: String },
    /// The system calls of programs, as a ladder (Linux, with strace)
    Trace {
        /// One program, or a server and its clients
        #[arg(required = true, value_name = "PROGRAM")]
        programs: Vec<String>,
        /// Writes the ladder as a picture too
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// Writes the ladder's lines too, for a fence of a chapter
        #[arg(long, value_name = "FILE")]
        ladder: Option<PathBuf>,
    },
    /// Serves the book to browsers on this computer, until Ctrl-C
    Serve {
        /// This port and no other; 0 lets the system choose
        #[arg(long)]
        port: Option<u16>,
        /// Opens no browser
        #[arg(long)]
        no_open: bool,
        /// Builds again after each save, and open pages follow
        #[arg(long)]
        author: bool,
    },
    /// Opens an address in a browser, and ends
    #[command(hide = true)]
    Open { address: String },
    /// Builds or checks the book
    #[command(subcommand)]
    Book(BookCommand),
    /// For people who write exercises
    #[command(subcommand)]
    Author(AuthorCommand),
}

#[derive(Subcommand)]
enum BookCommand {
    /// HTML into target/book
    Build,
    /// Links, includes, translations, pages
    Check,
    /// Records that the Korean was brought up to date with the English
    Lock {
        /// One chapter only, such as 02-tcp-echo
        chapter: Option<String>,
    },
}

#[derive(Subcommand)]
enum AuthorCommand {
    /// Makes the starters from the solutions
    Starters,
    /// Proves that starters fail, solutions pass, and known mistakes are caught by name
    Check {
        /// Only this one
        exercise: Option<String>,
    },
}

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(end_with_a_sentence));
    let arguments = Arguments::parse();
    let handler = ctrlc::set_handler(|| {
        if process::was_interrupted() {
            // Asked twice: whatever is still being done is not worth waiting for.
            std::process::exit(i32::from(INTERRUPTED));
        }
        process::interrupt();
    });
    let outcome = handler
        .map_err(|error| {
            Trouble::new(format!(
                "Ctrl-C cannot be handled here ({error}): try another terminal."
            ))
        })
        .and_then(|()| obey(arguments.command));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NOT_YET),
        Err(Trouble::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(trouble) => {
            show::trouble(&trouble);
            ExitCode::from(BROKEN_SETUP)
        }
    }
}

/// Where a backtrace would come.
fn end_with_a_sentence(panic: &PanicHookInfo<'_>) {
    process::interrupt();
    let message = panic.payload_as_str().unwrap_or_default();
    // `cargo course list | head -1`: who reads the output has had enough.
    if !message.starts_with("failed printing to") {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        eprintln!("The course command failed at {place}: {message}");
        eprintln!("This is a fault of the course, not yours: please report these two lines.");
    }
    std::process::exit(i32::from(BROKEN_SETUP));
}

/// False: not yet.
fn obey(command: Option<Command>) -> Result<bool> {
    let catalogue = Catalogue::here()?;
    let language = Language::of_environment();
    let done = |()| true;
    match command {
        None => home::home(&catalogue, language).map(done),
        Some(Command::List { json }) => {
            let progress = Progress::load(&catalogue.root)?;
            if json {
                show::list_json(&catalogue, &progress, language);
            } else {
                show::list(&catalogue, &progress, language);
            }
            Ok(true)
        }
        Some(Command::Check {
            all: true,
            json: true,
            ..
        }) => check::as_json(&catalogue, &catalogue.exercises.iter().collect::<Vec<_>>()),
        Some(Command::Check { all: true, .. }) => check::all(&catalogue),
        Some(Command::Check { exercise, json, .. }) => match named_or_next(&catalogue, exercise)? {
            Some(exercise) if json => check::as_json(&catalogue, &[exercise]),
            Some(exercise) => check::one(&catalogue, exercise, language),
            None => {
                println!(
                    "Every exercise is solved. `cargo course check --all` looks at all of them again."
                );
                Ok(true)
            }
        },
        Some(Command::Watch { exercise, poll }) => {
            let exercise = exercise.map(|name| catalogue.find(&name)).transpose()?;
            watch::watch(&catalogue, exercise, poll, language).map(done)
        }
        Some(Command::Hint { exercise }) => {
            hint(&catalogue, catalogue.find(&exercise)?, language).map(done)
        }
        Some(Command::Solution { exercise, give_up }) => {
            solution(&catalogue, catalogue.find(&exercise)?, give_up)
        }
        Some(Command::Reset { exercise }) => {
            reset(&catalogue, catalogue.find(&exercise)?).map(done)
        }
        Some(Command::Trace {
            programs,
            svg,
            ladder,
        }) => trace::trace(&catalogue, &programs, svg.as_deref(), ladder.as_deref()).map(done),
        Some(Command::Serve {
            port,
            no_open,
            author,
        }) => {
            let serve = match author {
                true => home::serve_author,
                false => home::serve,
            };
            serve(&catalogue.root, port, !no_open).map(done)
        }
        Some(Command::Open { address }) => Ok(opener::open(address).is_ok()),
        Some(Command::Book(BookCommand::Build)) => home::build(&catalogue.root).map(done),
        Some(Command::Book(BookCommand::Check)) => home::check(&catalogue.root).map(done),
        Some(Command::Book(BookCommand::Lock { chapter })) => {
            home::lock(&catalogue.root, chapter.as_deref()).map(done)
        }
        Some(Command::Author(AuthorCommand::Starters)) => author::starters(&catalogue).map(done),
        Some(Command::Author(AuthorCommand::Check { exercise })) => {
            let exercise = exercise.map(|name| catalogue.find(&name)).transpose()?;
            author::check(&catalogue, exercise)
        }
    }
}

fn named_or_next(catalogue: &Catalogue, name: Option<String>) -> Result<Option<&Exercise>> {
    match name {
        Some(name) => catalogue.find(&name).map(Some),
        None => Ok(check::next_unsolved(
            catalogue,
            &Progress::load(&catalogue.root)?,
            None,
        )),
    }
}

/// One step further with each call.
fn hint(catalogue: &Catalogue, exercise: &Exercise, language: Language) -> Result<()> {
    let state = Progress::load(&catalogue.root)?.of(&exercise.name);
    let known = |key: &String| hints::steps(exercise, key, language).is_some();
    let key = state
        .last_failure
        .filter(known)
        .unwrap_or_else(|| grade::NOT_STARTED.to_owned());
    let Some(steps) = hints::steps(exercise, &key, language) else {
        return Err(Trouble::new(format!(
            "{} has no hints: the chapter may help, {}.",
            exercise.name,
            catalogue.chapter(exercise, language)
        )));
    };
    let state = progress::update(&catalogue.root, &exercise.name, |state| {
        let taken = state.hints.entry(key.clone()).or_default();
        *taken = (*taken + 1).min(steps.len());
    })?;
    let taken = state.hints.get(&key).copied().unwrap_or(1);
    let about = if key == grade::NOT_STARTED {
        "to begin"
    } else {
        &key
    };
    println!(
        "{}: hint {taken} of {} ({about})",
        exercise.name,
        steps.len()
    );
    println!();
    println!(
        "{}",
        show::wrap(
            steps
                .get(taken.saturating_sub(1))
                .map_or("", String::as_str),
            "  "
        )
    );
    println!();
    if taken < steps.len() {
        println!("Still stuck?  The same command gives the next one.");
    } else {
        println!(
            "That was the last.  cargo course solution {} --give-up  shows an answer.",
            exercise.name
        );
    }
    Ok(())
}

fn solution(catalogue: &Catalogue, exercise: &Exercise, give_up: bool) -> Result<bool> {
    let name = &exercise.name;
    if !give_up && !Progress::load(&catalogue.root)?.is_solved(name) {
        println!("{name} is not solved yet.");
        println!("A hint first:       cargo course hint {name}");
        println!("The answer anyway:  cargo course solution {name} --give-up");
        return Ok(false);
    }
    let read = |path: &Path| fs::read_to_string(path).map_err(Trouble::file("read", path));
    let yours = read(&catalogue.root.join(exercise.file()))?;
    let file = exercise.solution();
    let answer =
        starter::answer(&read(&catalogue.root.join(&file))?, &file).map_err(Trouble::new)?;
    if yours == answer {
        println!("Yours is the same as the answer.");
    } else {
        show::diff(("yours", &yours), ("an answer", &answer));
    }
    Ok(true)
}

fn reset(catalogue: &Catalogue, exercise: &Exercise) -> Result<()> {
    let starter = grade::starter_of(catalogue, exercise)?;
    let file = exercise.file();
    match author::replace_with(catalogue, exercise, &starter)? {
        Replaced::AlreadySo => println!("{} is the starter already.", file.display()),
        Replaced::Written { backup: None } => println!(
            "{} was missing; the starter is there again.",
            file.display()
        ),
        Replaced::Written { backup: Some(copy) } => {
            println!(
                "{} is the starter again. Yours is kept as {}.",
                file.display(),
                copy.display()
            );
        }
    }
    Ok(())
}

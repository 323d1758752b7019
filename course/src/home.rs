//! `cargo course` without a subcommand, and the book's commands.

use std::env;
use std::io::{IsTerminal, stdout};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use book::{Built, Problem};

use crate::catalogue::{Catalogue, Language, file_url};
use crate::check;
use crate::process::{own_group, was_interrupted};
use crate::progress::Progress;
use crate::reload::{Reload, Sources};
use crate::serve::{Server, WAKE_EVERY};
use crate::show;
use crate::site::Site;
use crate::trouble::{Result, Trouble};

/// Builds, serves and opens the book, shows progress and what is next. Where nobody sits in front of it, it serves nothing
/// and ends.
///
/// # Errors
/// When the book or the progress file is broken; what can be shown is shown before.
pub fn home(catalogue: &Catalogue, language: Language) -> Result<()> {
    println!("Sockets by Hand: from socket() to a WebSocket that you wrote yourself.");
    println!();
    let (server, trouble) = match try_build(&catalogue.root)? {
        built if somebody_is_there() => match start(&catalogue.root, None, None, built.err()) {
            Ok(server) => (Some(server), None),
            Err(trouble) => (None, Some(trouble)),
        },
        Ok(built) => {
            println!("Book   {}", file_url(&built.index));
            println!();
            (None, None)
        }
        Err(trouble) => (None, Some(trouble)),
    };
    if let Some(server) = &server {
        println!("       Ctrl-C ends it; the commands below are for another terminal.");
        open(server);
        println!();
    }
    let progress = Progress::load(&catalogue.root)?;
    show::progress_bar(catalogue, &progress);
    match check::next_unsolved(catalogue, &progress, None) {
        Some(next) => {
            show::next(next, language);
            println!("  watch  cargo course watch   (a verdict on every save)");
        }
        None => println!("Nothing is left to solve. `cargo course list` shows it all."),
    }
    match server {
        Some(server) => server.until_interrupted(|| thread::sleep(WAKE_EVERY)),
        None => trouble.map_or(Ok(()), Err),
    }
}

/// Builds and serves the book, whether somebody sits in front of it or not.
///
/// # Errors
/// When there is nothing to serve, or no port.
pub fn serve(root: &Path, port: Option<u16>, opens: bool) -> Result<()> {
    let built = try_build(root)?;
    let server = start(root, port, None, built.err())?;
    println!("       Ctrl-C ends it.");
    if opens {
        open(&server);
    }
    server.until_interrupted(|| thread::sleep(WAKE_EVERY))
}

/// The same, and builds again after each save.
///
/// # Errors
/// As for [`serve`].
pub fn serve_author(root: &Path, port: Option<u16>, opens: bool) -> Result<()> {
    // From before the build: a save during it is not overlooked.
    let mut sources = Sources::new(root);
    let built = try_build(root)?;
    let reload = Reload::new();
    let server = start(root, port, Some(reload.clone()), built.err())?;
    println!("       A save builds it again, and open pages follow. Ctrl-C ends it.");
    if opens {
        open(&server);
    }
    server.until_interrupted(|| {
        if !sources.have_changed(WAKE_EVERY) {
            return;
        }
        let began = Instant::now();
        match book::build(root).map_err(problems) {
            Ok(_) => {
                reload.built();
                println!("Built again in {}.", show::seconds(began.elapsed()));
            }
            Err(trouble) => {
                show::trouble(&trouble);
                println!("The pages stay as they were. Save to build again.");
            }
        }
    })
}

/// Builds the book for a server. What is wrong with it is for later: an earlier build may be served.
///
/// # Errors
/// When Ctrl-C came meanwhile: then nobody wants a server and a browser any more.
fn try_build(root: &Path) -> Result<Result<Built>> {
    let built = book::build(root).map_err(problems);
    match was_interrupted() {
        true => Err(Trouble::Interrupted),
        false => Ok(built),
    }
}

/// Serves what there is: also pages of an earlier build, when this one had troubles. Says where, and that the port is
/// not the usual one.
fn start(
    root: &Path,
    port: Option<u16>,
    reload: Option<Reload>,
    trouble: Option<Trouble>,
) -> Result<Server> {
    let server = match (Server::start(root, port, reload), trouble) {
        (Ok(server), None) => server,
        (Ok(server), Some(trouble)) => {
            show::trouble(&trouble);
            println!("Until then, the pages are those of an earlier build.");
            println!();
            server
        }
        (Err(_), Some(trouble)) if !Site::is_built(root) => return Err(trouble),
        (Err(error), _) => return Err(error),
    };
    println!("Book   {}", server.url());
    if let Some(taken) = server.instead_of {
        println!("       Port {taken} is taken; this is the next free one that no lesson uses.");
    }
    Ok(server)
}

fn open(server: &Server) {
    if has_display() && !is_opened(&server.url()) {
        println!("       No browser could be started: open that address in one.");
    }
}

/// Opens a browser from a process group of its own: our Ctrl-C must not end what a reader has open in it.
fn is_opened(url: &str) -> bool {
    let Ok(this) = env::current_exe() else {
        return false;
    };
    let mut command = Command::new(this);
    own_group(command.args(["open", url]).stdin(Stdio::null()));
    command.status().is_ok_and(|status| status.success())
}

/// # Errors
/// Everything that is wrong with the book.
pub fn build(root: &Path) -> Result<()> {
    let built = book::build(root).map_err(problems)?;
    println!(
        "Built {} chapters in each language: {}",
        built.chapters,
        file_url(&built.index)
    );
    Ok(())
}

/// # Errors
/// Everything that is wrong with the book.
pub fn check(root: &Path) -> Result<()> {
    let checked = book::check(root).map_err(problems)?;
    for what in &checked.checked {
        println!("checked  {what}");
    }
    for what in &checked.skipped {
        println!("SKIPPED  {what}");
    }
    println!("The book is in order: {}", file_url(&checked.index));
    Ok(())
}

/// # Errors
/// When the chapter is unknown or the lock cannot be written.
pub fn lock(root: &Path, chapter: Option<&str>) -> Result<()> {
    book::accept_translation(root, chapter).map_err(problems)?;
    println!(
        "book/ko.lock now says that the Korean {} is up to date.",
        chapter.unwrap_or("of every chapter")
    );
    Ok(())
}

fn problems(problems: Vec<Problem>) -> Trouble {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("  {problem}"))
        .collect();
    let count = if problems.len() == 1 {
        "one problem".to_owned()
    } else {
        format!("{} problems", problems.len())
    };
    Trouble::new(format!(
        "The book has {count}; mend and try again:\n{}",
        lines.join("\n")
    ))
}

/// Whether a person sees what is printed.
fn somebody_is_there() -> bool {
    stdout().is_terminal() && !is_set("CI")
}

/// Whether a browser would be seen by the person who typed the command.
fn has_display() -> bool {
    let screen = !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    screen && somebody_is_there() && !is_set("SSH_CONNECTION")
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

//! `cargo course` without a subcommand, and the book's commands.

use std::env;
use std::io::{IsTerminal, stdout};
use std::path::Path;

use book::Problem;

use crate::catalogue::{Catalogue, Language, file_url};
use crate::check;
use crate::progress::Progress;
use crate::show;
use crate::trouble::{Result, Trouble};

/// Builds and opens the book, shows progress and what is next.
///
/// # Errors
/// When the book or the progress file is broken; what can be shown is shown before.
pub fn home(catalogue: &Catalogue, language: Language) -> Result<()> {
    println!("Sockets by Hand: from socket() to a WebSocket that you wrote yourself.");
    println!();
    let built = book::build(&catalogue.root);
    if let Ok(built) = &built {
        println!("Book   {}", file_url(&built.index));
        if has_display() && opener::open(&built.index).is_err() {
            println!("       No browser could be started: open that address in one.");
        }
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
    built.map(|_| ()).map_err(problems)
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

/// Whether a browser would be seen by the person who typed the command.
fn has_display() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let screen = !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY");
    screen && stdout().is_terminal() && !set("CI") && !set("SSH_CONNECTION")
}

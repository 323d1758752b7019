//! What a measurement says: the command and the machine, then lines.

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::thread;

/// Lines that are printed as they come, and kept.
#[derive(Debug)]
pub struct Table(String);

impl Table {
    /// Begins with what makes the figures: the command, which is `program` and our arguments, and the machine.
    ///
    /// # Errors
    ///
    /// When the system does not say how many cores there are.
    pub fn new(program: &str) -> io::Result<Self> {
        Self::begin(
            program,
            ", clients and server on the same machine, loopback",
        )
    }

    /// As [`Table::new`], for what needs no network.
    ///
    /// # Errors
    ///
    /// As for [`Table::new`].
    pub fn alone(program: &str) -> io::Result<Self> {
        Self::begin(program, "")
    }

    fn begin(program: &str, remark: &str) -> io::Result<Self> {
        let mut table = Self(String::new());
        let arguments: Vec<String> = env::args().skip(1).collect();
        table.line(&format!(
            "$ cargo run --release -p bench --bin {program} -- {}",
            arguments.join(" ")
        ));
        let system = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        // 6.18.5-something: what comes behind the numbers is the builder's business.
        let system: String = system
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        table.line(&format!(
            "{} {system}, {}, {} cores{remark}",
            env::consts::OS,
            env::consts::ARCH,
            thread::available_parallelism()?
        ));
        Ok(table)
    }

    /// One more line.
    pub fn line(&mut self, line: &str) {
        println!("{line}");
        self.0 += line.trim_end();
        self.0 += "\n";
    }

    /// Writes all lines into `file`.
    ///
    /// # Errors
    ///
    /// When that is not possible.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        fs::write(file, &self.0)?;
        println!("{}", file.display());
        Ok(())
    }
}

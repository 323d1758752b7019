//! Drives the servers of the course: all of them in the same way, so that they can be compared.
//!
//! [`servers`] is the list of those that have many conversations, [`process`] runs one in a process
//! of its own, where its memory, threads and time can be measured, [`load`] is many clients in
//! one thread, and [`plot`] draws what came out.

pub mod load;
pub mod plot;
pub mod process;
pub mod servers;

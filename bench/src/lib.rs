//! Drives the servers of the course: all of them in the same way, so that they can be compared.
//!
//! [`servers`] is the list of those that have many conversations, [`process`] runs one in a process
//! of its own, where its memory, threads and time can be measured, [`cores`] gives it a core of its own, [`load`] is many clients in
//! one thread, [`table`] keeps what came out, and [`plot`] draws it.
//!
//! [`websockets`] are echo servers, ours and those of libraries, and [`ws_load`] is their clients.

pub mod cores;
pub mod load;
pub mod plot;
pub mod process;
pub mod servers;
pub mod table;
pub mod websockets;
pub mod ws_load;

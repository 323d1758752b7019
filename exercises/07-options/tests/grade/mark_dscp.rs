use super::LESSON;
use options_exercises::mark_dscp::mark;
use peer::{Scene, of_the_machine};
use socket2::{Domain, Socket, Type};
use std::io;

/// Marks, one after another, on one socket.
const ROUNDS: usize = 16;

/// The lower two bits of the byte.
const ECN: u32 = 0b11;

fn socket(kind: Type) -> Socket {
    of_the_machine("make a socket", Socket::new(Domain::IPV4, kind, None))
}

fn byte(socket: &Socket) -> u32 {
    of_the_machine("read IP_TOS", socket.tos_v4())
}

/// Calls the student's function, and returns what it returned and the byte afterwards.
fn marked(scene: &Scene, socket: &Socket, dscp: u8) -> (io::Result<u8>, u32) {
    let before = byte(socket);
    let theirs = of_the_machine("clone a socket", socket.try_clone());
    let returned = scene
        .run("your function", move || mark(&theirs, dscp))
        .join(|_| "waits");
    let after = byte(socket);
    scene.note(format!("IP_TOS {before:#010b}, mark {dscp}: {after:#010b}"));
    (returned, after)
}

/// Whether the kernel takes the byte as it is told. (Windows does not.)
fn can_mark() -> bool {
    let socket = socket(Type::DGRAM);
    let can = socket.set_tos_v4(0b1011_1010).is_ok() && byte(&socket) == 0b1011_1010;
    if !can {
        println!("skipped: this system does not let programs mark packets");
    }
    can
}

#[test]
fn puts_the_mark_into_the_upper_six_bits() {
    LESSON.grade("mark_dscp", |scene| {
        if !can_mark() {
            return;
        }
        // Not a multiple of 4, so that a mark in the wrong bits is another number.
        let high = scene.random().u8(1..=15);
        let dscp = high * 4 + scene.random().u8(1..=3);
        let (returned, after) = marked(scene, &socket(Type::STREAM), dscp);
        scene.check(returned.is_ok(), "out-of-range", || {
            format!("Your function returned {returned:?} for {dscp}, which has six bits.")
        });
        let key = match after {
            0 => "not-set",
            _ => "not-shifted",
        };
        scene.check(after >> 2 == u32::from(dscp), key, || {
            format!(
                "The byte is {after:#010b}: its upper six bits are {}, not {dscp}.",
                after >> 2
            )
        });
        let returned = returned.unwrap_or_default();
        scene.check(returned == dscp, "returns-the-byte", || {
            format!("Your function returned {returned}; the mark that reads back is {dscp}.")
        });
    });
}

#[test]
fn replaces_an_earlier_mark() {
    LESSON.grade("mark_dscp", |scene| {
        if !can_mark() {
            return;
        }
        let socket = socket(Type::DGRAM);
        let mut before = scene.random().u8(1..64);
        for _ in 0..ROUNDS {
            of_the_machine("set IP_TOS", socket.set_tos_v4(u32::from(before) << 2));
            let dscp = scene.random().u8(0..64);
            let (returned, after) = marked(scene, &socket, dscp);
            scene.check(after >> 2 == u32::from(dscp), "old-mark-remains", || {
                format!(
                    "The mark is {} now; {before} was to be replaced by {dscp}.",
                    after >> 2
                )
            });
            scene.check(
                returned.as_ref().is_ok_and(|&mark| mark == dscp),
                "returns-the-byte",
                || {
                    format!(
                        "Your function returned {returned:?}; the mark that reads back is {dscp}."
                    )
                },
            );
            before = dscp;
        }
    });
}

#[test]
fn leaves_the_lower_two_bits_alone() {
    LESSON.grade("mark_dscp", |scene| {
        if !can_mark() {
            return;
        }
        for ecn in 0..=ECN {
            let socket = socket(Type::DGRAM);
            of_the_machine("set IP_TOS", socket.set_tos_v4(ecn));
            let dscp = scene.random().u8(0..64);
            let (returned, after) = marked(scene, &socket, dscp);
            scene.check(after & ECN == ecn, "erases-the-ecn-bits", || {
                format!(
                    "The lower two bits were {ecn:02b}, and are {:02b} now.",
                    after & ECN
                )
            });
            scene.check(
                returned.as_ref().is_ok_and(|&mark| mark == dscp),
                "returns-the-byte",
                || {
                    format!(
                        "Your function returned {returned:?}; the mark that reads back is {dscp}."
                    )
                },
            );
        }
    });
}

#[test]
fn refuses_numbers_of_more_than_six_bits() {
    LESSON.grade("mark_dscp", |scene| {
        if !can_mark() {
            return;
        }
        let socket = socket(Type::STREAM);
        for dscp in [64, scene.random().u8(65..255), 255] {
            let (returned, after) = marked(scene, &socket, dscp);
            scene.check(returned.is_err(), "out-of-range", || {
                format!(
                    "Your function returned {returned:?} for {dscp}, which has more than six bits."
                )
            });
            scene.check(after == 0, "out-of-range", || {
                format!(
                    "Your function refused {dscp}, and has set the byte to {after} all the same."
                )
            });
        }
    });
}

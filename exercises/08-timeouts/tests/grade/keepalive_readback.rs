#![allow(
    clippy::expect_used,
    reason = "a machine that cannot connect to itself cannot grade"
)]

use super::LESSON;
use peer::Scene;
use socket2::SockRef;
use std::io;
use std::net::TcpStream;
use std::time::Duration;
use timeouts_exercises::keepalive_readback::{InForce, Wanted, keep_alive};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Settings that nobody can guess, in whole seconds.
fn wanted(scene: &Scene) -> Wanted {
    let mut random = scene.random();
    Wanted {
        idle: seconds(random.u64(11..99)),
        interval: seconds(random.u64(2..10)),
        retries: random.u32(3..8),
        user_timeout: Duration::from_millis(random.u64(10_001..99_999)),
    }
}

/// Runs the student's function on a connection, and asks the kernel what it made of it.
fn in_force(scene: &Scene, wanted: Wanted) -> (io::Result<InForce>, InForce) {
    let (listener, address) = scene.listener();
    let stream = TcpStream::connect(address).expect("a listener of this process takes clients");
    let _peer = listener.accept();
    let same = stream.try_clone().expect("a second handle of a socket");
    scene.note(format!(
        "wanted: idle {:?}, interval {:?}",
        wanted.idle, wanted.interval
    ));
    scene.note(format!(
        "        retries {}, user timeout {:?}",
        wanted.retries, wanted.user_timeout
    ));
    let told = scene
        .run("your function", move || keep_alive(&same, &wanted))
        .join(|_| "overran");
    let real = asked(&SockRef::from(&stream)).expect("the kernel tells its options");
    scene.note(format!(
        "kernel: idle {:?}, interval {:?}",
        real.idle, real.interval
    ));
    scene.note(format!(
        "        retries {}, user timeout {:?}",
        real.retries, real.user_timeout
    ));
    (told, real)
}

fn asked(socket: &SockRef) -> io::Result<InForce> {
    Ok(InForce {
        on: socket.keepalive()?,
        idle: socket.tcp_keepalive_time()?,
        interval: socket.tcp_keepalive_interval()?,
        retries: socket.tcp_keepalive_retries()?,
        #[cfg(target_os = "linux")]
        user_timeout: socket.tcp_user_timeout()?,
        #[cfg(not(target_os = "linux"))]
        user_timeout: None,
    })
}

#[test]
fn switches_keepalive_on() {
    LESSON.grade("keepalive_readback", |scene| {
        let (told, real) = in_force(scene, wanted(scene));
        scene.check(real.on, "switch-it-on", || {
            format!(
                "Your function returned, and SO_KEEPALIVE is off; it said {}.",
                short(&told)
            )
        });
    });
}

/// The error's kind, or that there was none: the whole value stands in the ladder.
fn short(told: &io::Result<InForce>) -> String {
    told.as_ref()
        .map_or_else(|_| super::told(told), |_| "Ok".to_string())
}

#[test]
fn sets_all_three_numbers() {
    LESSON.grade("keepalive_readback", |scene| {
        let wanted = wanted(scene);
        let (_, real) = in_force(scene, wanted);
        let got = (real.idle, real.interval, real.retries);
        let expected = (wanted.idle, wanted.interval, wanted.retries);
        scene.check(got == expected, "three-numbers", || {
            format!(
                "The kernel says idle, interval and retries are {got:?}; {expected:?} was wanted."
            )
        });
    });
}

#[test]
#[cfg(target_os = "linux")]
fn sets_the_user_timeout() {
    LESSON.grade("keepalive_readback", |scene| {
        let wanted = wanted(scene);
        let (_, real) = in_force(scene, wanted);
        scene.check(
            real.user_timeout == Some(wanted.user_timeout),
            "user-timeout",
            || {
                format!(
                    "The kernel says TCP_USER_TIMEOUT is {:?}; {:?} was wanted.",
                    real.user_timeout, wanted.user_timeout
                )
            },
        );
    });
}

#[test]
fn rounds_up_to_whole_seconds() {
    LESSON.grade("keepalive_readback", |scene| {
        let whole = wanted(scene);
        let fraction = Duration::from_millis(scene.random().u64(1..999));
        let wanted = Wanted {
            idle: whole.idle + fraction,
            interval: fraction,
            ..whole
        };
        let (told, real) = in_force(scene, wanted);
        let got = (real.idle, real.interval);
        let expected = (whole.idle + seconds(1), seconds(1));
        scene.check(told.is_ok() && got == expected, "whole-seconds", || {
            let refused = match &told {
                Err(error) => format!("Your function returned Err({:?}). ", error.kind()),
                Ok(_) => String::new(),
            };
            format!(
                "{refused}The kernel says idle and interval are {got:?}; {expected:?} was expected."
            )
        });
    });
}

#[test]
fn returns_what_the_kernel_says() {
    LESSON.grade("keepalive_readback", |scene| {
        let whole = wanted(scene);
        let wanted = Wanted {
            idle: whole.idle + Duration::from_millis(500),
            // The kernel's own unit: it cannot keep microseconds.
            user_timeout: whole.user_timeout + Duration::from_micros(1),
            ..whole
        };
        let (told, real) = in_force(scene, wanted);
        let good = matches!(&told, Ok(told) if *told == real);
        scene.check(good, "ask-the-kernel", || {
            format!(
                "What your function returned is not what the kernel says: {}",
                difference(&told, &real)
            )
        });
    });
}

/// The first field in which the two differ.
fn difference(told: &io::Result<InForce>, real: &InForce) -> String {
    let Ok(value) = told else {
        return super::told(told);
    };
    let fields = [
        ("on", value.on.to_string(), real.on.to_string()),
        (
            "idle",
            format!("{:?}", value.idle),
            format!("{:?}", real.idle),
        ),
        (
            "interval",
            format!("{:?}", value.interval),
            format!("{:?}", real.interval),
        ),
        (
            "retries",
            value.retries.to_string(),
            real.retries.to_string(),
        ),
        (
            "user_timeout",
            format!("{:?}", value.user_timeout),
            format!("{:?}", real.user_timeout),
        ),
    ];
    let differs = fields.iter().find(|(_, told, real)| told != real);
    differs.map_or(String::new(), |(name, told, real)| {
        format!("{name} is {told} in yours and {real} in the kernel's.")
    })
}

#[test]
#[cfg(target_os = "linux")]
fn passes_on_that_the_kernel_refused() {
    LESSON.grade("keepalive_readback", |scene| {
        // tcp(7) has no limit, but the kernel's MAX_TCP_KEEPCNT is 127.
        let retries = scene.random().u32(128..1000);
        let refused = Wanted {
            retries,
            ..wanted(scene)
        };
        let (told, _) = in_force(scene, refused);
        scene.check(told.is_err(), "errors-are-told", || {
            format!(
                "The kernel refused {} retries, and your function returned Ok.",
                refused.retries
            )
        });
    });
}

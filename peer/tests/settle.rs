//! Code that waits and code that has ended, told apart.

use std::sync::mpsc;

use peer::{DEADLINE, judge};

#[test]
fn code_that_waits_has_settled_and_so_has_code_that_has_ended() {
    let verdict = judge(DEADLINE, |scene| {
        let (go, told_to_go) = mpsc::channel();
        let waits = scene.run("your function", move || told_to_go.recv());
        assert!(waits.settle());
        assert_eq!(go.send(3), Ok(()));
        assert_eq!(waits.join(|_| "blocked"), Ok(3));

        let ended = scene.run("your function", || 3);
        // Even code that waits for nothing can be seen in a call: the one in which a thread begins.
        while ended.settle() {}
        assert!(!ended.is_running());
    });
    assert_eq!(verdict, Ok(()));
}

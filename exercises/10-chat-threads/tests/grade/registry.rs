use super::LESSON;
use chat_threads_exercises::registry::{Gone, NameTaken, Registry};
use peer::{Scene, caught};
use std::fmt::Debug;

/// Runs `play` with a new registry in the student's thread, and returns what it returned; or, when
/// it panicked, ends the test with the hint of `key`.
fn play<T: Debug + Send + 'static>(
    scene: &Scene,
    key: &'static str,
    play: impl FnOnce(&mut Registry) -> T + Send + 'static,
) -> T {
    let played = scene
        .run("your registry", move || {
            let mut registry = Registry::new();
            caught(|| play(&mut registry))
        })
        .join(|_| "never-returns");
    match played {
        Ok(value) => value,
        Err(panic) => {
            scene.check(false, key, || format!("Your registry panicked: {panic}"));
            unreachable!("the check has ended the test")
        }
    }
}

/// Different names that nobody can guess.
fn names(scene: &Scene, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{}{number}", scene.random_letters(4)))
        .collect()
}

/// Everybody of `names` joins; the connections are 0, 1, 2 and so on.
fn all_join(registry: &mut Registry, names: &[String]) {
    for (connection, name) in (0..).zip(names) {
        let _ = registry.join(connection, name);
    }
}

#[test]
fn who_comes_learns_who_is_there() {
    LESSON.grade("registry", |scene| {
        let names = names(scene, 3);
        let all = names.clone();
        let told = play(scene, "who-was-there", move |registry| {
            (0..)
                .zip(&all)
                .map(|(connection, name)| registry.join(connection, name))
                .collect::<Vec<_>>()
        });
        for (count, told) in told.into_iter().enumerate() {
            let expected = Ok(names[..count].to_vec());
            scene.check(told == expected, "who-was-there", || {
                format!(
                    "{} came in and got {told:?}; {expected:?} was expected.",
                    names[count]
                )
            });
        }
    });
}

#[test]
fn a_name_that_a_member_has_is_refused() {
    LESSON.grade("registry", |scene| {
        let names = names(scene, 2);
        let all = names.clone();
        let (taken, other, back) = play(scene, "name-taken", move |registry| {
            all_join(registry, &all);
            let taken = registry.join(10, &all[0]);
            // Refused means: not in. So it may try another name, and ends without a trace.
            (taken, registry.join(10, "other"), registry.leave(10))
        });
        scene.check(taken == Err(NameTaken), "name-taken", || {
            format!(
                "{} is a member, and a second one of that name got {taken:?}.",
                names[0]
            )
        });
        scene.check(other == Ok(names.clone()), "name-taken", || {
            format!("A connection was refused, tried another name, and got {other:?}; Ok({names:?}) was expected.")
        });
        scene.check(back.as_deref() == Some("other"), "name-taken", || {
            format!("It left again, and that freed {back:?}; Some(\"other\") was expected.")
        });
    });
}

#[test]
fn the_name_of_the_departed_is_free() {
    LESSON.grade("registry", |scene| {
        let names = names(scene, 3);
        let all = names.clone();
        let (left, again) = play(scene, "departed-remains", move |registry| {
            all_join(registry, &all);
            (registry.leave(1), registry.join(10, &all[1]))
        });
        scene.check(left.as_ref() == Some(&names[1]), "departed-remains", || {
            format!(
                "{} left, and leave() returned {left:?}; its name was expected.",
                names[1]
            )
        });
        let expected = Ok(vec![names[0].clone(), names[2].clone()]);
        scene.check(again == expected, "departed-remains", || {
            format!(
                "{} left and came back, and got {again:?}; {expected:?} was expected.",
                names[1]
            )
        });
    });
}

#[test]
fn a_late_goodbye_removes_nobody() {
    LESSON.grade("registry", |scene| {
        let names = names(scene, 2);
        let all = names.clone();
        let (late, never, told) = play(scene, "leaves-twice", move |registry| {
            all_join(registry, &all);
            registry.leave(0);
            let _ = registry.join(10, &all[0]);
            // The other thread of connection 0 notices its end only now.
            let late = registry.leave(0);
            let never = registry.leave(99);
            let mut told = Vec::new();
            registry.tell(|connection| {
                told.push(connection);
                Ok(())
            });
            (late, never, told)
        });
        scene.check(late.is_none(), "leaves-twice", || {
            format!("A connection ended for a second time, and leave() returned {late:?}; None was expected.")
        });
        scene.check(never.is_none(), "leaves-twice", || {
            format!("A connection that never joined has ended, and leave() returned {never:?}; None was expected.")
        });
        scene.check(told == [1, 10], "leaves-twice", || {
            format!("Connection 0 left, 10 came under its name, and 0 ended once more. Members are then {told:?}; [1, 10] was expected.")
        });
    });
}

/// Tells a room of `count` members, of whom `gone` are gone, twice, and checks who was told.
fn tells(scene: &Scene, count: usize, gone: &[usize], key: &'static str) {
    let names = names(scene, count);
    let (all, lost) = (names.clone(), gone.to_vec());
    let (first, removed, second) = play(scene, key, move |registry| {
        all_join(registry, &all);
        let mut first = Vec::new();
        let removed = registry.tell(|connection| {
            first.push(connection);
            match lost.contains(&(connection as usize)) {
                true => Err(Gone),
                false => Ok(()),
            }
        });
        let mut second = Vec::new();
        registry.tell(|connection| {
            second.push(connection);
            Ok(())
        });
        (first, removed, second)
    });
    scene.note(format!("{count} members; gone are {gone:?}"));
    let everybody: Vec<u64> = (0..count as u64).collect();
    scene.check(first == everybody, key, || {
        format!("tell() posted to {first:?}; each member once was expected: {everybody:?}.")
    });
    let expected: Vec<String> = gone.iter().map(|at| names[*at].clone()).collect();
    scene.check(removed == expected, "gone-remains", || {
        format!("tell() returned {removed:?}; the names of those who are gone were expected: {expected:?}.")
    });
    let rest: Vec<u64> = (0..count)
        .filter(|at| !gone.contains(at))
        .map(|at| at as u64)
        .collect();
    scene.check(second == rest, "gone-remains", || {
        format!("The next tell() posted to {second:?}; those who are left were expected: {rest:?}.")
    });
}

#[test]
fn all_members_are_told() {
    LESSON.grade("registry", |scene| {
        let count = scene.random().usize(3..9);
        tells(scene, count, &[], "stops-at-the-gone");
    });
}

#[test]
fn one_who_is_gone_keeps_nothing_from_the_others() {
    LESSON.grade("registry", |scene| {
        let count = scene.random().usize(4..9);
        let gone = scene.random().usize(1..count - 1);
        tells(scene, count, &[gone], "stops-at-the-gone");
    });
}

#[test]
fn several_in_a_row_may_be_gone() {
    LESSON.grade("registry", |scene| {
        tells(scene, 6, &[1, 2, 3], "stops-at-the-gone");
        tells(scene, 3, &[0, 1, 2], "stops-at-the-gone");
    });
}

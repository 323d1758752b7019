use super::{LESSON, Shown, once, play};
use peer::Scene;
use std::fmt::Debug;
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;
use tokio_chat_exercises::room_of_queues::{CAPACITY, Room};

type Queue = Receiver<Arc<str>>;

/// What the student's room did wrong: a hint's key, and the sentence.
type Fault = (&'static str, String);

/// Plays with a room of the student's.
fn plays<F>(scene: &Scene, play_with: impl FnOnce(Room) -> F + Send + 'static)
where
    F: Future<Output = Result<(), Fault>>,
{
    let Shown(result) = play(
        scene,
        "your room",
        "waits-for-the-slow",
        move || async move { Shown(play_with(Room::default()).await) },
    );
    if let Err((key, sentence)) = result {
        scene.check(false, key, || sentence);
    }
}

fn check(good: bool, key: &'static str, sentence: impl FnOnce() -> String) -> Result<(), Fault> {
    if good { Ok(()) } else { Err((key, sentence())) }
}

async fn join(room: &Room, name: &str, key: &'static str) -> Result<Queue, Fault> {
    let sentence =
        || format!("join(\"{name}\") returned None, and no member of that name is here.");
    room.join(name).await.ok_or_else(|| (key, sentence()))
}

/// `tell` must not wait.
async fn tell(room: &Room, text: &str) -> Result<(), Fault> {
    if once(room.tell(text.into())).await.is_some() {
        return Ok(());
    }
    // Its future is dropped, and with it the lock: begin again, and look meanwhile.
    let told = async {
        room.tell(text.into()).await;
        Ok(())
    };
    let look = async {
        let locked = once(room.join("newcomer")).await.is_none();
        let (key, also) = match locked {
            true => (
                "guard-over-await",
                ", and holds the lock meanwhile: nobody can join",
            ),
            false => ("waits-for-the-slow", ""),
        };
        Err((
            key,
            format!("tell() waits for a member that does not read{also}."),
        ))
    };
    tokio::select! {
        biased;
        told = told => told,
        fault = look => fault,
    }
}

/// Everything that is in the queue, and whether it has ended after that.
async fn drained(queue: &mut Queue) -> (Vec<String>, bool) {
    let mut all = Vec::new();
    loop {
        match once(queue.recv()).await {
            Some(Some(text)) => all.push(text.to_string()),
            Some(None) => return (all, true),
            None => return (all, false),
        }
    }
}

fn same(name: &str, got: &impl Debug, wanted: &impl Debug) -> String {
    format!("{name} was told {got:?}; {wanted:?} was expected.")
}

#[test]
fn tells_everybody_in_order() {
    LESSON.grade("room_of_queues", |scene| {
        let texts: Vec<_> = (0..3).map(|_| scene.random_letters(4)).collect();
        plays(scene, |room| async move {
            let mut ana = join(&room, "ana", "tells-everybody").await?;
            tell(&room, &texts[0]).await?;
            let mut bob = join(&room, "bob", "tells-everybody").await?;
            tell(&room, &texts[1]).await?;
            tell(&room, &texts[2]).await?;
            for (name, queue, wanted) in [
                ("ana", &mut ana, &texts[..]),
                ("bob", &mut bob, &texts[1..]),
            ] {
                let (got, _) = drained(queue).await;
                check(got == wanted, "tells-everybody", || {
                    same(name, &got, &wanted)
                })?;
            }
            Ok(())
        });
    });
}

#[test]
fn refuses_a_name_that_is_taken() {
    LESSON.grade("room_of_queues", |scene| {
        plays(scene, |room| async move {
            let mut ana = join(&room, "ana", "name-taken").await?;
            let second = room.join("ana").await;
            check(second.is_none(), "name-taken", || {
                "join(\"ana\") let a second ana in, while the first is here.".to_string()
            })?;
            tell(&room, "hi").await?;
            let (got, _) = drained(&mut ana).await;
            check(got == ["hi"], "name-taken", || {
                same("the first ana", &got, &["hi"])
            })
        });
    });
}

#[test]
fn waits_for_nobody() {
    LESSON.grade("room_of_queues", |scene| {
        plays(scene, |room| async move {
            let _deaf = join(&room, "deaf", "tells-everybody").await?;
            for number in 0..=CAPACITY {
                tell(&room, &number.to_string()).await?;
            }
            Ok(())
        });
    });
}

#[test]
fn puts_out_whose_queue_is_full() {
    LESSON.grade("room_of_queues", |scene| {
        plays(scene, |room| async move {
            let mut ana = join(&room, "ana", "tells-everybody").await?;
            let mut deaf = join(&room, "deaf", "tells-everybody").await?;
            for number in 0..=CAPACITY {
                tell(&room, &number.to_string()).await?;
                let (got, _) = drained(&mut ana).await;
                let wanted = [number.to_string()];
                check(got == wanted, "tells-everybody", || same("ana", &got, &wanted))?;
            }
            let (got, ended) = drained(&mut deaf).await;
            check(got.len() <= CAPACITY, "unbounded", || {
                format!(
                    "{} messages wait for a member that does not read; at most {CAPACITY} may: the slow fill your memory.",
                    got.len()
                )
            })?;
            check(got.len() == CAPACITY, "tells-everybody", || {
                format!("{} messages waited for a member; there was room for {CAPACITY}.", got.len())
            })?;
            check(ended, "slow-stays", || {
                format!("After its {CAPACITY} messages the full queue has not ended: recv() waits, and does not say None. Something still holds its sender.")
            })?;
            join(&room, "deaf", "slow-stays").await.map(drop)
        });
    });
}

#[test]
fn one_that_is_gone_does_not_stop_the_others() {
    LESSON.grade("room_of_queues", |scene| {
        plays(scene, |room| async move {
            let gone = join(&room, "bob", "tells-everybody").await?;
            let mut first = join(&room, "ana", "tells-everybody").await?;
            let mut last = join(&room, "zoe", "tells-everybody").await?;
            drop(gone);
            for text in ["one", "two"] {
                tell(&room, text).await?;
            }
            for (name, queue) in [("ana", &mut first), ("zoe", &mut last)] {
                let (got, _) = drained(queue).await;
                check(got == ["one", "two"], "stops-at-the-first", || {
                    same(name, &got, &["one", "two"])
                })?;
            }
            Ok(())
        });
    });
}

#[test]
fn a_name_is_free_when_its_member_has_gone() {
    LESSON.grade("room_of_queues", |scene| {
        plays(scene, |room| async move {
            drop(join(&room, "ana", "departed-stays").await?);
            let mut ana = join(&room, "ana", "departed-stays").await?;
            tell(&room, "again").await?;
            let (got, _) = drained(&mut ana).await;
            check(got == ["again"], "departed-stays", || {
                same("ana", &got, &["again"])
            })
        });
    });
}

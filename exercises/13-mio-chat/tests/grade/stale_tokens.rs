use super::{LESSON, must, probe};
use mio_chat_exercises::stale_tokens::Clients;
use peer::caught;
use std::collections::HashMap;

/// Clients, one after the other, in one place: more than a byte, or two, can count.
const GUESTS: u32 = 70_000;

/// Clients that come and go in any order.
const MANY: u32 = 3_000;

#[test]
fn finds_who_came_in() {
    LESSON.grade("stale_tokens", |scene| {
        let names =
            ["ana", "bob", "carl"].map(|name| format!("{name}-{}", scene.random_letters(3)));
        probe(scene, "your table", move || {
            let mut clients = Clients::new();
            let tokens = names.clone().map(|name| clients.insert(name));
            for (token, name) in tokens.iter().zip(&names) {
                let found = clients.get(*token).cloned();
                must(found.as_ref() == Some(name), "somebody-else", || {
                    format!("{name} came in, and behind its token was {found:?}.")
                })?;
            }
            Ok(())
        });
    });
}

#[test]
fn who_is_gone_is_not_found() {
    LESSON.grade("stale_tokens", |scene| {
        probe(scene, "your table", || {
            let mut clients = Clients::new();
            let ana = clients.insert("ana");
            let bob = clients.insert("bob");
            let left = clients.remove(ana);
            must(left == Some("ana"), "still-there", || {
                format!("Ana left, and remove said {left:?}; Some(\"ana\") was expected.")
            })?;
            let found = clients.get(ana).copied();
            must(found.is_none(), "still-there", || {
                format!("Ana left, and behind her token was {found:?}.")
            })?;
            let found = clients.get(bob).copied();
            must(found == Some("bob"), "somebody-else", || {
                format!("Ana left, and behind Bob's token was {found:?}.")
            })
        });
    });
}

#[test]
fn an_old_token_does_not_lead_to_a_new_client() {
    LESSON.grade("stale_tokens", |scene| {
        probe(scene, "your table", || {
            let mut clients = Clients::new();
            let ana = clients.insert("ana");
            clients.remove(ana);
            let bob = clients.insert("bob");
            must(ana != bob, "token-used-again", || {
                format!("Ana left and Bob came, and Bob got Ana's token {ana}: an old event for Ana would hit Bob.")
            })?;
            let found = clients.get(ana).copied();
            must(found.is_none(), "token-used-again", || {
                format!("Ana left and Bob came. Behind Ana's token is {found:?} now.")
            })?;
            let found = clients.get(bob).copied();
            must(found == Some("bob"), "somebody-else", || {
                format!("Ana left and Bob came, and behind Bob's token was {found:?}.")
            })
        });
    });
}

#[test]
fn an_old_token_removes_nobody() {
    LESSON.grade("stale_tokens", |scene| {
        probe(scene, "your table", || {
            let mut clients = Clients::new();
            let ana = clients.insert("ana");
            clients.remove(ana);
            let bob = clients.insert("bob");
            let left = clients.remove(ana);
            must(left.is_none(), "removes-another", || {
                format!("Ana left and Bob came. Ana's token was removed once more, and that took {left:?} out.")
            })?;
            let found = clients.get(bob).copied();
            must(found == Some("bob"), "removes-another", || {
                format!("Ana's token was removed once more after Bob had come, and behind Bob's token was {found:?}.")
            })
        });
    });
}

#[test]
fn a_place_is_given_to_one_at_a_time() {
    LESSON.grade("stale_tokens", |scene| {
        probe(scene, "your table", || {
            let mut clients = Clients::new();
            let ana = clients.insert("ana");
            // Twice: once when the end of the stream came, once when the timer rang.
            clients.remove(ana);
            clients.remove(ana);
            let bob = clients.insert("bob");
            let carl = clients.insert("carl");
            let found = [bob, carl].map(|token| clients.get(token).copied());
            must(found == [Some("bob"), Some("carl")], "place-given-twice", || {
                format!("Ana was removed twice. Then Bob and Carl came, and behind their tokens were {found:?}.")
            })
        });
    });
}

#[test]
fn nobody_is_behind_a_token_that_was_never_given() {
    LESSON.grade("stale_tokens", |scene| {
        probe(scene, "your table", || {
            let mut clients = Clients::new();
            clients.insert("ana");
            for token in [7, u64::MAX, u64::MAX - 1, u64::from(u32::MAX), 1 << 63] {
                let found = caught(|| clients.get(token).copied());
                must(found == Ok(None), "never-given", || {
                    let then = match found {
                        Ok(found) => format!("behind it was {found:?}"),
                        Err(panic) => format!("get panicked: {panic}"),
                    };
                    format!("Nobody ever got the token {token}, and {then}.")
                })?;
            }
            Ok(())
        });
    });
}

#[test]
fn free_places_are_used_again() {
    LESSON.grade("stale_tokens", |scene| {
        probe(scene, "your table", || {
            let mut clients = Clients::new();
            let mut first = None;
            for guest in 0..GUESTS {
                let token = clients.insert(guest);
                must(first != Some(token), "token-used-again", || {
                    format!("{guest} clients came and went, and the next one got the token {token}, which the first of them had.")
                })?;
                first = first.or(Some(token));
                let left = clients.remove(token);
                must(left == Some(guest), "somebody-else", || {
                    format!("After {guest} others a client came, and remove with its token said {left:?}.")
                })?;
            }
            let places = clients.places();
            must(places == 1, "grows-for-ever", || {
                format!("{GUESTS} clients came and went, never two at a time, and there are {places} places; 1 was expected.")
            })
        });
    });
}

#[test]
fn many_come_and_go_in_any_order() {
    LESSON.grade("stale_tokens", |scene| {
        let mut random = chance(scene.random().u64(..));
        probe(scene, "your table", move || {
            let mut clients = Clients::new();
            let mut present: HashMap<u64, u32> = HashMap::new();
            let mut tokens = Vec::new();
            let mut most = 0;
            for guest in 0..MANY {
                let token = clients.insert(guest);
                present.insert(token, guest);
                tokens.push(token);
                most = most.max(present.len());
                // Sometimes one of all who ever came goes, or has gone already.
                if random() & 1 == 0 {
                    let token = tokens[random() as usize % tokens.len()];
                    let (left, expected) = (clients.remove(token), present.remove(&token));
                    must(left == expected, "somebody-else", || {
                        format!("remove({token}) said {left:?}; {expected:?} was expected.")
                    })?;
                }
            }
            for token in tokens {
                let (found, expected) = (clients.get(token).copied(), present.get(&token).copied());
                must(found == expected, "somebody-else", || {
                    format!("get({token}) said {found:?}; {expected:?} was expected.")
                })?;
            }
            let places = clients.places();
            must(places == most, "grows-for-ever", || {
                format!("There were never more than {most} clients at a time, and there are {places} places.")
            })
        });
    });
}

/// A source of chance that can go into the student's thread.
fn chance(seed: u64) -> impl FnMut() -> u32 {
    let mut state = seed | 1;
    move || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u32
    }
}

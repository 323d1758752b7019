use super::LESSON;
use names_exercises::happy_eyeballs::{Race, Step};
use peer::Scene;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What is told to the race, or asked of it. Addresses are numbers in the race's list.
#[derive(Clone, Copy)]
enum Move {
    /// `next_step`, this long after the beginning.
    Ask(Duration),
    Failed(usize),
    Connected(usize),
}

/// An address of a race: a letter tells more than an address that nobody knows.
fn letter(addresses: &[SocketAddr], address: SocketAddr) -> String {
    match addresses.iter().position(|other| *other == address) {
        Some(at) => char::from(b'A' + at as u8).to_string(),
        None => address.to_string(),
    }
}

/// What the student's race answered. The ladder tells of it when something is wrong.
struct Played(Vec<Option<Step>>);

impl fmt::Debug for Played {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("what stands above")
    }
}

/// A race of the student's, and the moves that are made in it.
struct Game<'a> {
    scene: &'a Scene,
    addresses: Vec<SocketAddr>,
    delay: Duration,
    start: Instant,
    moves: Vec<Move>,
}

impl<'a> Game<'a> {
    fn new(scene: &'a Scene, addresses: u16) -> Game<'a> {
        // Nobody connects to these: they are for documentation (RFC 3849, RFC 5737).
        let address = |n: u16| match n % 2 {
            0 => SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, n], 443)),
            _ => SocketAddr::from(([192, 0, 2, n as u8], 443)),
        };
        Game {
            scene,
            addresses: (0..addresses).map(address).collect(),
            delay: Duration::from_millis(scene.random().u64(100..2000)),
            start: Instant::now(),
            moves: Vec::new(),
        }
    }

    /// Makes one more move, in a new race in which all earlier ones were made before, and returns
    /// what the student's race answers to it.
    fn answer(&mut self, next: Move) -> Option<Step> {
        self.moves.push(next);
        let (addresses, delay, start) = (self.addresses.clone(), self.delay, self.start);
        let moves = self.moves.clone();
        let played = self.scene.run("your race", move || {
            let mut race = Race::new(addresses.clone(), delay);
            let answers = moves.into_iter().map(|next| match next {
                Move::Ask(at) => Some(race.next_step(start + at)),
                Move::Failed(at) => {
                    race.failed(addresses[at]);
                    None
                }
                Move::Connected(at) => {
                    race.connected(addresses[at]);
                    None
                }
            });
            Played(answers.collect())
        });
        let answers = played.join(|_| "no-waiting-inside").0;
        let answer = answers.last().copied().flatten();
        let call = match (next, answer) {
            (Move::Ask(at), Some(step)) => {
                format!("at {} ms: {}", at.as_millis(), self.told(step))
            }
            (Move::Failed(at), _) => {
                format!("failed({})", letter(&self.addresses, self.addresses[at]))
            }
            (Move::Connected(at), _) => {
                format!("connected({})", letter(&self.addresses, self.addresses[at]))
            }
            (Move::Ask(_), None) => String::new(),
        };
        self.scene.note(call);
        answer
    }

    fn failed(&mut self, at: usize) {
        self.answer(Move::Failed(at));
    }

    fn connected(&mut self, at: usize) {
        self.answer(Move::Connected(at));
    }

    fn step(&mut self, at: Duration) -> Option<Step> {
        self.answer(Move::Ask(at))
    }

    /// Asks for the next step, and ends the test when it is not `expected`; `key` chooses the hint
    /// by what came instead.
    fn expect(&mut self, at: Duration, expected: Step, key: impl FnOnce(Step) -> &'static str) {
        let Some(got) = self.step(at) else { return };
        self.scene.check(got == expected, key(got), || {
            format!(
                "At {} ms the next step is {}, and your race said {}.",
                at.as_millis(),
                self.told(expected),
                self.told(got)
            )
        });
    }

    fn start(&self, at: usize) -> Step {
        Step::Start(self.addresses[at])
    }

    fn until(&self, at: Duration) -> Step {
        Step::WaitUntil(self.start + at)
    }

    fn won(&self, at: usize) -> Step {
        Step::Won(self.addresses[at])
    }

    fn close(&self, at: usize) -> Step {
        Step::Close(self.addresses[at])
    }

    fn told(&self, step: Step) -> String {
        let name = |address| letter(&self.addresses, address);
        match step {
            Step::Start(address) => format!("Start({})", name(address)),
            Step::WaitUntil(moment) => match moment.checked_duration_since(self.start) {
                Some(at) => format!("WaitUntil({} ms)", at.as_millis()),
                None => "WaitUntil(a moment before the race)".to_string(),
            },
            Step::Wait => "Wait".to_string(),
            Step::Close(address) => format!("Close({})", name(address)),
            Step::Won(address) => format!("Won({})", name(address)),
            Step::Lost => "Lost".to_string(),
        }
    }
}

const ZERO: Duration = Duration::ZERO;
const A_MOMENT: Duration = Duration::from_millis(1);

/// When the delay is not over, and the next address should wait.
fn too_early(got: Step) -> &'static str {
    match got {
        Step::Start(_) => "all-at-once",
        Step::Wait => "waits-in-turn",
        Step::Lost => "lost-too-early",
        _ => "delay-from-the-last-start",
    }
}

/// When the next address should start because the delay is over.
fn too_late(got: Step) -> &'static str {
    match got {
        Step::Close(_) => "gives-up-too-early",
        Step::WaitUntil(_) => "delay-from-the-last-start",
        Step::Lost => "lost-too-early",
        _ => "waits-in-turn",
    }
}

/// When all have been started, and some are under way.
fn all_under_way(got: Step) -> &'static str {
    match got {
        Step::Lost => "lost-too-early",
        Step::Close(_) => "gives-up-too-early",
        _ => "nothing-but-wait",
    }
}

/// When somebody has connected, and others are under way.
fn after_a_win(got: Step) -> &'static str {
    match got {
        Step::Won(_) => "losers-left-open",
        Step::Close(_) => "closes-only-losers",
        _ => "goes-on-after-the-win",
    }
}

#[test]
fn starts_the_first_address_at_once() {
    LESSON.grade("happy_eyeballs", |scene| {
        let mut game = Game::new(scene, 1);
        game.expect(ZERO, game.start(0), |_| "first-at-once");
        game.expect(ZERO, Step::Wait, all_under_way);
    });
}

#[test]
fn lets_the_first_have_the_field_for_the_delay() {
    LESSON.grade("happy_eyeballs", |scene| {
        let mut game = Game::new(scene, 2);
        let delay = game.delay;
        game.expect(ZERO, game.start(0), |_| "first-at-once");
        game.expect(ZERO, game.until(delay), too_early);
        game.expect(delay - A_MOMENT, game.until(delay), too_early);
    });
}

#[test]
fn starts_the_next_beside_it_when_the_delay_is_over() {
    LESSON.grade("happy_eyeballs", |scene| {
        let mut game = Game::new(scene, 3);
        let delay = game.delay;
        game.expect(ZERO, game.start(0), |_| "first-at-once");
        game.expect(delay, game.start(1), too_late);
        game.expect(delay, game.until(2 * delay), too_early);
        // Somebody who looks at the clock later than agreed.
        game.expect(3 * delay, game.start(2), too_late);
        game.expect(9 * delay, Step::Wait, all_under_way);
    });
}

#[test]
fn starts_the_next_at_once_after_a_failure() {
    LESSON.grade("happy_eyeballs", |scene| {
        let mut game = Game::new(scene, 3);
        let (delay, soon) = (game.delay, 10 * A_MOMENT);
        game.expect(ZERO, game.start(0), |_| "first-at-once");
        game.failed(0);
        game.expect(soon, game.start(1), |got| match got {
            Step::Lost => "lost-too-early",
            _ => "waits-after-a-failure",
        });
        game.expect(soon, game.until(soon + delay), too_early);
    });
}

#[test]
fn is_lost_when_the_last_attempt_has_failed() {
    LESSON.grade("happy_eyeballs", |scene| {
        let mut game = Game::new(scene, 2);
        let delay = game.delay;
        game.expect(ZERO, game.start(0), |_| "first-at-once");
        game.expect(delay, game.start(1), too_late);
        game.failed(1);
        game.expect(delay, Step::Wait, all_under_way);
        game.failed(0);
        game.expect(delay, Step::Lost, |_| "never-lost");
        let mut empty = Game::new(scene, 0);
        empty.expect(ZERO, Step::Lost, |_| "never-lost");
    });
}

#[test]
fn closes_the_losers_before_it_says_who_has_won() {
    LESSON.grade("happy_eyeballs", |scene| {
        let mut game = Game::new(scene, 4);
        let delay = game.delay;
        for at in 0..3 {
            let now = at as u32 * delay;
            game.expect(now, game.start(at), too_late);
        }
        let now = 2 * delay;
        game.connected(1);
        // In any order, each of them once.
        let Some(first) = game.step(now) else { return };
        let losers = [game.close(0), game.close(2)];
        scene.check(losers.contains(&first), after_a_win(first), || {
            format!(
                "B has connected while A and C are under way; the next step is Close(A) or Close(C), and your race said {}.",
                game.told(first)
            )
        });
        let other = losers[usize::from(first == losers[0])];
        game.expect(now, other, after_a_win);
        game.expect(now, game.won(1), after_a_win);
        // Nobody starts any more, also when it would have been time.
        game.expect(9 * delay, game.won(1), after_a_win);
    });
}

#[test]
fn the_first_of_two_connections_wins() {
    LESSON.grade("happy_eyeballs", |scene| {
        let mut game = Game::new(scene, 2);
        let delay = game.delay;
        game.expect(ZERO, game.start(0), |_| "first-at-once");
        game.expect(delay, game.start(1), too_late);
        game.connected(1);
        game.connected(0);
        let first = game.won(1);
        game.expect(delay, game.close(0), |got| match got == first {
            true => "losers-left-open",
            false => "first-wins",
        });
        game.expect(delay, game.won(1), |_| "first-wins");
    });
}

#[test]
fn closes_nobody_who_has_failed() {
    LESSON.grade("happy_eyeballs", |scene| {
        let mut game = Game::new(scene, 2);
        let soon = 10 * A_MOMENT;
        game.expect(ZERO, game.start(0), |_| "first-at-once");
        game.failed(0);
        game.expect(soon, game.start(1), |_| "waits-after-a-failure");
        game.connected(1);
        game.expect(soon, game.won(1), after_a_win);
    });
}

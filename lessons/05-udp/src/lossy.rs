//! A bad network without a network: datagrams go in, and some come out.

use std::collections::VecDeque;

/// How often a datagram meets which fate, in percent. What is left to 100 passes unharmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chances {
    /// Never comes out.
    pub lost: u8,
    /// Comes out two times.
    pub twice: u8,
    /// Comes out after the next one.
    pub late: u8,
}

/// What becomes of one datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It comes out next.
    Passed,
    /// It never comes out.
    Lost,
    /// It comes out two times.
    Twice,
    /// It is held until another one has overtaken it; if no other comes, for ever.
    Late,
}

// ANCHOR: lossy
/// One direction of a network that loses, doubles and reorders datagrams.
///
/// There is no socket in it and no clock: [`receive_datagram`](Lossy::receive_datagram) puts a
/// datagram in, [`next_datagram`](Lossy::next_datagram) takes out what arrives. The same seed deals
/// the same fates in the same order. It never holds back more than one datagram.
#[derive(Clone, Debug)]
pub struct Lossy<T> {
    chances: Chances,
    dice: Dice,
    held: Option<T>,
    arriving: VecDeque<T>,
}

impl<T: Clone> Lossy<T> {
    /// A network that behaves as `chances` and `seed` say.
    pub fn new(seed: u64, chances: Chances) -> Self {
        Self {
            chances,
            dice: Dice(seed),
            held: None,
            arriving: VecDeque::new(),
        }
    }

    /// Takes a datagram from its sender, and says what becomes of it.
    pub fn receive_datagram(&mut self, datagram: T) -> Fate {
        let fate = self.next_fate();
        match fate {
            Fate::Lost => return fate,
            Fate::Late => {
                self.held = Some(datagram);
                return fate;
            }
            Fate::Twice => self.arriving.push_back(datagram.clone()),
            Fate::Passed => {}
        }
        self.arriving.push_back(datagram);
        // This one has overtaken the one that was held back.
        self.arriving.extend(self.held.take());
        fate
    }

    /// The next datagram that arrives, if any.
    pub fn next_datagram(&mut self) -> Option<T> {
        self.arriving.pop_front()
    }

    fn next_fate(&mut self) -> Fate {
        let Chances { lost, twice, late } = self.chances;
        let [lost, twice, late] = [lost, twice, late].map(u64::from);
        match self.dice.percent() {
            roll if roll < lost => Fate::Lost,
            roll if roll < lost + twice => Fate::Twice,
            // Only one can be held back: a second one passes, and overtakes it.
            roll if roll < lost + twice + late && self.held.is_none() => Fate::Late,
            _ => Fate::Passed,
        }
    }
}
// ANCHOR_END: lossy

/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014): good
/// enough for dice, and the same on every machine.
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    /// 0 to 99.
    fn percent(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % 100
    }
}

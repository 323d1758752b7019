//! Who a token belongs to.

// ANCHOR: slots
/// Things that are found by a token: a place, and which of its guests in turn this is.
///
/// Places are used again, tokens are not. An event may be in our hands when its connection ends,
/// and the next connection may get its place; the event's token then leads to nobody.
#[derive(Debug)]
pub struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
}

#[derive(Debug)]
struct Slot<T> {
    /// How many guests this place has had before.
    generation: usize,
    value: Option<T>,
}

/// The lower half of a token is the place, the upper half the generation.
const PLACE_BITS: u32 = usize::BITS / 2;
const PLACE: usize = (1 << PLACE_BITS) - 1;

impl<T> Slots<T> {
    /// Nobody is in.
    pub fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Takes `value` in, and returns its token. No token has the place of all ones: those are free
    /// for other uses.
    pub fn insert(&mut self, value: T) -> usize {
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: 0,
                value: None,
            });
            self.slots.len() - 1
        });
        debug_assert!(place < PLACE, "more connections than a token can tell");
        let slot = &mut self.slots[place];
        slot.value = Some(value);
        slot.generation << PLACE_BITS | place
    }

    /// Whose token that is. `None` when that one is gone, whoever has its place now.
    pub fn get_mut(&mut self, token: usize) -> Option<&mut T> {
        let slot = self.slots.get_mut(token & PLACE)?;
        if slot.generation != token >> PLACE_BITS {
            return None;
        }
        slot.value.as_mut()
    }

    /// Lets go whose token that is.
    pub fn remove(&mut self, token: usize) -> Option<T> {
        self.get_mut(token)?;
        let place = token & PLACE;
        let slot = &mut self.slots[place];
        // Half a word of generations: on 64 bits, four billion guests of one place.
        slot.generation = (slot.generation + 1) & PLACE;
        self.free.push(place);
        slot.value.take()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All tokens that lead to somebody.
    pub fn tokens(&self) -> Vec<usize> {
        let taken = |(place, slot): (usize, &Slot<T>)| {
            let token = slot.generation << PLACE_BITS | place;
            slot.value.is_some().then_some(token)
        };
        self.slots.iter().enumerate().filter_map(taken).collect()
    }
}
// ANCHOR_END: slots

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self::new()
    }
}

//! hint: place-given-twice
//! Until the next one comes, the old token is still good: who goes twice leaves two free places.

#[derive(Debug)]
struct Place<T> {
    generation: u32,
    client: Option<T>,
}

#[derive(Debug)]
pub struct Clients<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

impl<T> Clients<T> {
    pub fn new() -> Clients<T> {
        Clients {
            places: Vec::new(),
            free: Vec::new(),
        }
    }

    pub fn places(&self) -> usize {
        self.places.len()
    }

    pub fn insert(&mut self, client: T) -> u64 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place {
                generation: 0,
                client: None,
            });
            (self.places.len() - 1) as u32
        });
        let slot = &mut self.places[place as usize];
        slot.generation = slot.generation.wrapping_add(1);
        slot.client = Some(client);
        u64::from(slot.generation) << 32 | u64::from(place)
    }

    pub fn get(&mut self, token: u64) -> Option<&mut T> {
        let (generation, place) = ((token >> 32) as u32, token as u32);
        let slot = self.places.get_mut(place as usize)?;
        if slot.generation != generation {
            return None;
        }
        slot.client.as_mut()
    }

    pub fn remove(&mut self, token: u64) -> Option<T> {
        let (generation, place) = ((token >> 32) as u32, token as u32);
        let slot = self.places.get_mut(place as usize)?;
        if slot.generation != generation {
            return None;
        }
        self.free.push(place);
        slot.client.take()
    }
}

impl<T> Default for Clients<T> {
    fn default() -> Clients<T> {
        Clients::new()
    }
}

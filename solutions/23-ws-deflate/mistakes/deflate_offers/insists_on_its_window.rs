//! hint: client-window
//! Tells a client that can use 10 bits to use 12.

pub type Parameter<'a> = (&'a str, Option<&'a str>);

pub const LEAST_BITS: u8 = 9;

pub const MOST_BITS: u8 = 15;

pub const CLIENT_BITS: u8 = 12;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    pub server_no_context_takeover: bool,
    pub client_no_context_takeover: bool,
    pub server_max_window_bits: Option<u8>,
    pub client_max_window_bits: Option<u8>,
}

impl Agreed {
    pub fn field(&self) -> String {
        let mut field = "permessage-deflate".to_string();
        if self.server_no_context_takeover {
            field += "; server_no_context_takeover";
        }
        if self.client_no_context_takeover {
            field += "; client_no_context_takeover";
        }
        if let Some(bits) = self.server_max_window_bits {
            field += &format!("; server_max_window_bits={bits}");
        }
        if let Some(bits) = self.client_max_window_bits {
            field += &format!("; client_max_window_bits={bits}");
        }
        field
    }
}

fn bits(value: &str) -> Option<u8> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
    let bits = value.parse().ok().filter(|_| digits)?;
    (LEAST_BITS..=MOST_BITS).contains(&bits).then_some(bits)
}

pub fn answer(offer: &[Parameter]) -> Option<Agreed> {
    let mut agreed = Agreed::default();
    for (name, value) in offer {
        let was_there = match (*name, value.map(bits)) {
            ("server_no_context_takeover", None) => {
                std::mem::replace(&mut agreed.server_no_context_takeover, true)
            }
            ("client_no_context_takeover", None) => {
                std::mem::replace(&mut agreed.client_no_context_takeover, true)
            }
            ("server_max_window_bits", Some(Some(bits))) => {
                agreed.server_max_window_bits.replace(bits).is_some()
            }
            ("client_max_window_bits", None) => {
                agreed.client_max_window_bits.replace(CLIENT_BITS).is_some()
            }
            ("client_max_window_bits", Some(Some(bits))) => {
                let bits = bits.max(CLIENT_BITS);
                agreed.client_max_window_bits.replace(bits).is_some()
            }
            _ => return None,
        };
        if was_there {
            return None;
        }
    }
    Some(agreed)
}

pub fn accept(offers: &[&[Parameter]]) -> Option<Agreed> {
    offers.iter().find_map(|offer| answer(offer))
}

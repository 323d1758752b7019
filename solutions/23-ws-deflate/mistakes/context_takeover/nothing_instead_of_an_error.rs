//! hint: pass-the-error-on
//! Makes an empty message of what cannot be decompressed.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

pub const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub bits: u8,
    pub takeover: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDeflate;

#[derive(Debug)]
pub struct Sender {
    window: Window,
    zlib: Option<Compress>,
}

#[derive(Debug)]
pub struct Receiver {
    window: Window,
    zlib: Option<Decompress>,
}

impl Sender {
    pub fn new(window: Window) -> Sender {
        Sender { window, zlib: None }
    }

    pub fn remembers(&self) -> bool {
        self.zlib.is_some()
    }

    pub fn payload(&mut self, message: &[u8]) -> Vec<u8> {
        let bits = self.window.bits;
        let zlib = self.zlib.get_or_insert_with(|| new_zlib(bits));
        let bytes = deflate(zlib, message);
        if !self.window.takeover {
            self.zlib = None;
        }
        match bytes.strip_suffix(&TAIL) {
            Some(payload) => payload.to_vec(),
            None => vec![0x00],
        }
    }
}

impl Receiver {
    pub fn new(window: Window) -> Receiver {
        Receiver { window, zlib: None }
    }

    pub fn remembers(&self) -> bool {
        self.zlib.is_some()
    }

    pub fn message(&mut self, payload: &[u8]) -> Result<Vec<u8>, NotDeflate> {
        let bits = self.window.bits;
        let new = || Decompress::new_with_window_bits(false, bits);
        let zlib = self.zlib.get_or_insert_with(new);
        let message = inflate(zlib, &[payload, &TAIL].concat()).unwrap_or_default();
        if !self.window.takeover {
            self.zlib = None;
        }
        Ok(message)
    }
}

pub fn new_zlib(bits: u8) -> Compress {
    Compress::new_with_window_bits(Compression::default(), false, bits)
}

pub fn deflate(zlib: &mut Compress, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let begun = zlib.total_in();
    loop {
        let done = (zlib.total_in() - begun) as usize;
        // Into memory it does not fail.
        let _ = zlib.compress_vec(&bytes[done..], &mut out, FlushCompress::Sync);
        if out.len() < out.capacity() {
            return out;
        }
        out.reserve(out.len());
    }
}

pub fn inflate(zlib: &mut Decompress, bytes: &[u8]) -> Result<Vec<u8>, NotDeflate> {
    let mut out = Vec::with_capacity(4 * bytes.len() + 64);
    let begun = zlib.total_in();
    loop {
        let done = (zlib.total_in() - begun) as usize;
        let result = zlib.decompress_vec(&bytes[done..], &mut out, FlushDecompress::Sync);
        result.map_err(|_| NotDeflate)?;
        if out.len() < out.capacity() {
            return Ok(out);
        }
        out.reserve(out.len());
    }
}

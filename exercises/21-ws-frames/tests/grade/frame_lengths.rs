use super::{Call, LESSON, Said, calls, check_each, hex};
use peer::Scene;
use ws_frames_exercises::frame_lengths::{Fail, Length, read_length, write_length};

type Read = Result<Option<Length>, Fail>;

const GOOD_WITH_2: [u64; 5] = [126, 127, 255, 256, 65_535];
const GOOD_WITH_8: [u64; 5] = [
    65_536,
    0x0012_3456,
    1 << 32,
    0x0102_0304_0506_0708,
    (1 << 63) - 1,
];

/// The length in as few bytes as possible. Not the student's writer: each half is tested alone.
fn written(payload: u64, masked: bool) -> Vec<u8> {
    let mut bytes = match payload {
        0..=125 => vec![payload as u8],
        126..=0xffff => in_two(payload as u16),
        _ => in_eight(payload),
    };
    bytes[0] |= u8::from(masked) << 7;
    bytes
}

fn in_two(payload: u16) -> Vec<u8> {
    [&[126][..], &payload.to_be_bytes()].concat()
}

fn in_eight(payload: u64) -> Vec<u8> {
    [&[127][..], &payload.to_be_bytes()].concat()
}

fn length(payload: u64) -> Read {
    let written_in = written(payload, false).len();
    Ok(Some(Length {
        payload,
        written_in,
    }))
}

fn reads(scene: &Scene, bytes: Vec<Vec<u8>>) -> Vec<Call<Read>> {
    calls(
        scene,
        "your code",
        bytes,
        || (),
        |(), bytes: &Vec<u8>| read_length(bytes),
        |bytes| format!("read_length(&{})", hex(bytes)),
    )
}

/// Reads each of these lengths, masked and not, with and without bytes behind it.
fn reads_all(scene: &Scene, lengths: &[u64], more_bytes: &'static str) {
    let (mut bytes, mut expected, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for masked in [false, true] {
        for behind in [0, 6] {
            for payload in lengths {
                let mut stream = written(*payload, masked);
                stream.extend(scene.random_bytes(behind));
                bytes.push(stream);
                expected.push(length(*payload));
                wrong.push((masked, payload.swap_bytes()));
            }
        }
    }
    check_each(scene, &reads(scene, bytes), &expected, |nth, said| {
        let (masked, swapped) = wrong[nth];
        match (said, &expected[nth]) {
            (Said::Value(Ok(Some(got))), Ok(Some(wanted))) => {
                let bits = 8 * (wanted.written_in as u32 - 1);
                let is_swapped = bits > 0 && got.payload == swapped >> (64 - bits);
                match got.payload == wanted.payload {
                    true => "written-in",
                    false if is_swapped => "byte-order",
                    false if masked => "mask-is-no-length",
                    false => more_bytes,
                }
            }
            // A length that is read the wrong way round may look too long, or too large.
            (Said::Value(Err(_)), _) if swapped_is_bad(&expected[nth], swapped) => "byte-order",
            _ if masked => "mask-is-no-length",
            _ => more_bytes,
        }
    });
}

fn swapped_is_bad(expected: &Read, swapped: u64) -> bool {
    match expected {
        Ok(Some(Length { written_in: 3, .. })) => swapped >> 48 < 126,
        Ok(Some(Length { written_in: 9, .. })) => !(0x1_0000..1 << 63).contains(&swapped),
        _ => false,
    }
}

#[test]
fn reads_a_length_of_seven_bits() {
    LESSON.grade("frame_lengths", |scene| {
        let some = scene.random().u64(1..125);
        reads_all(scene, &[some, 0, 1, 125], "seven-bits");
    });
}

#[test]
fn reads_a_length_of_sixteen_bits() {
    LESSON.grade("frame_lengths", |scene| {
        let some = scene.random().u64(300..60_000);
        reads_all(scene, &[some], "more-bytes");
        reads_all(scene, &GOOD_WITH_2, "more-bytes");
    });
}

#[test]
fn reads_a_length_of_sixty_four_bits() {
    LESSON.grade("frame_lengths", |scene| {
        reads_all(scene, &GOOD_WITH_8, "more-bytes");
    });
}

#[test]
fn waits_for_a_length_that_is_cut() {
    LESSON.grade("frame_lengths", |scene| {
        let some = scene.random().u64(300..60_000);
        let mut bytes = Vec::new();
        for payload in [some, 1 << 40] {
            for masked in [false, true] {
                let whole = written(payload, masked);
                let cut = (0..whole.len()).rev().map(|at| whole[..at].to_vec());
                bytes.extend(cut);
            }
        }
        let expected = vec![Ok(None); bytes.len()];
        check_each(
            scene,
            &reads(scene, bytes),
            &expected,
            |_, _| "not-all-there",
        );
    });
}

/// Fails for `key`, with the right code.
fn refuses(scene: &Scene, bytes: Vec<Vec<u8>>, key: &'static str) {
    let expected = vec![Err(Fail(1002)); bytes.len()];
    check_each(
        scene,
        &reads(scene, bytes),
        &expected,
        |_, said| match said {
            Said::Value(Err(_)) => "close-code",
            _ => key,
        },
    );
}

#[test]
fn refuses_a_length_that_fits_into_fewer_bytes() {
    LESSON.grade("frame_lengths", |scene| {
        let some = scene.random().u16(1..125);
        let two = [some, 0, 125].map(in_two);
        let eight = [u64::from(some), 0, 125, 126, 65_535].map(in_eight);
        let mut bytes = [&two[..], &eight].concat();
        bytes.extend(bytes.clone().into_iter().map(|mut bytes| {
            bytes[0] |= 0x80;
            bytes
        }));
        refuses(scene, bytes, "shortest-way");
    });
}

#[test]
fn refuses_a_length_of_sixty_four_bits_that_begins_with_one() {
    LESSON.grade("frame_lengths", |scene| {
        let bytes = [1 << 63, (1 << 63) + 200, u64::MAX].map(in_eight);
        refuses(scene, bytes.into(), "sixty-three-bits");
    });
}

#[test]
fn writes_every_length_in_the_shortest_way() {
    LESSON.grade("frame_lengths", |scene| {
        let some = scene.random().u64(1..125);
        let mut lengths = vec![some, 0, 1, 125];
        lengths.extend(GOOD_WITH_2);
        lengths.extend(GOOD_WITH_8);
        let inputs: Vec<(u64, bool)> = [false, true]
            .into_iter()
            .flat_map(|masked| lengths.iter().map(move |payload| (*payload, masked)))
            .collect();
        let expected: Vec<Hex> = inputs
            .iter()
            .map(|(payload, masked)| Hex(written(*payload, *masked)))
            .collect();
        let calls = calls(
            scene,
            "your code",
            inputs,
            || (),
            |(), (payload, masked): &(u64, bool)| Hex(write_length(*payload, *masked)),
            |(payload, masked)| format!("write_length({payload}, {masked})"),
        );
        check_each(scene, &calls, &expected, |nth, said| {
            let wanted = &expected[nth].0;
            let Said::Value(Hex(got)) = said else {
                return "as-it-is-read";
            };
            let swapped: Vec<u8> = [
                &wanted[..1],
                &wanted[1..].iter().rev().copied().collect::<Vec<_>>(),
            ]
            .concat();
            let mut other_mask = wanted.clone();
            other_mask[0] ^= 0x80;
            match () {
                () if got.len() > wanted.len() => "shortest-way",
                () if *got == swapped => "byte-order",
                () if *got == other_mask => "mask-bit",
                () => "as-it-is-read",
            }
        });
    });
}

/// Bytes that are shown as such.
#[derive(Clone, PartialEq)]
struct Hex(Vec<u8>);

impl std::fmt::Debug for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

use super::{LESSON, among_others, answers, in_another_case, lines, named};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE};
use peer::Scene;
use sha1::{Digest, Sha1};
use ws_handshake_exercises::accept_key::{Answer, accept_key, is_proven};

/// RFC 6455, section 1.3.
const RFC_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const RFC_PROOF: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const NAME: &str = "Sec-WebSocket-Accept";

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    Sha1::digest(parts.concat()).to_vec()
}

fn proof(key: &str) -> String {
    BASE64_STANDARD.encode(hash(&[key.as_bytes(), GUID.as_bytes()]))
}

fn key(scene: &Scene) -> String {
    BASE64_STANDARD.encode(scene.random_bytes(16))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What was probably done instead.
fn why(key: &str, got: &str) -> &'static str {
    let right = hash(&[key.as_bytes(), GUID.as_bytes()]);
    let hex = hex(&right);
    let decoded = BASE64_STANDARD.decode(key).unwrap_or_default();
    let of_bytes = BASE64_STANDARD.encode(hash(&[&decoded, GUID.as_bytes()]));
    let swapped = BASE64_STANDARD.encode(hash(&[GUID.as_bytes(), key.as_bytes()]));
    if got.eq_ignore_ascii_case(&hex)
        || got == BASE64_STANDARD.encode(&hex)
        || got == BASE64_STANDARD.encode(hex.to_uppercase())
    {
        "no-hex"
    } else if got == BASE64_STANDARD_NO_PAD.encode(&right) || got == BASE64_URL_SAFE.encode(&right)
    {
        "which-base64"
    } else if got == of_bytes {
        "key-is-text"
    } else if got == swapped {
        "key-comes-first"
    } else {
        "hash-of-both"
    }
}

fn makes(scene: &Scene, key: &str, expected: &str) {
    let given = key.to_string();
    let asked = [format!("accept_key(\"{key}\")")];
    let code = move || accept_key(&given);
    let Some(got) = answers(scene, &asked, code, &expected.to_string()) else {
        return;
    };
    scene.note(format!("your proof: {got}"));
    scene.note(format!("the proof:  {expected}"));
    let sentence = format!("Of the key \"{key}\", accept_key() made another proof.");
    scene.compare(
        expected.as_bytes(),
        got.as_bytes(),
        why(key, &got),
        &sentence,
    );
}

/// A server answers a client with this key, and the client believes it or not.
fn believes(
    scene: &Scene,
    key: &str,
    status: u16,
    fields: &[(&str, &str)],
    expected: bool,
    hint: &str,
) {
    let all = [("Upgrade", "websocket"), ("Connection", "Upgrade")];
    let answer = Answer {
        status,
        fields: among_others(scene, &[&all, fields].concat()),
    };
    let mut asked = vec![
        format!("the client's key: {key}"),
        format!("HTTP/1.1 {status}"),
    ];
    asked.extend(lines(&answer.fields));
    let given = key.to_string();
    let code = move || is_proven(&given, &answer);
    let got = answers(scene, &asked, code, &expected);
    scene.check(got.is_none(), hint, || {
        let fields = named(fields, "no Sec-WebSocket-Accept");
        let got = !expected;
        format!("The server said {status} with {fields}, and is_proven() returned {got}; {expected} was expected.")
    });
}

#[test]
fn makes_the_proof_of_the_rfc() {
    LESSON.grade("accept_key", |scene| makes(scene, RFC_KEY, RFC_PROOF));
}

#[test]
fn makes_the_proof_of_any_key() {
    LESSON.grade("accept_key", |scene| {
        for _ in 0..20 {
            let key = key(scene);
            makes(scene, &key, &proof(&key));
        }
        let no_base64 = scene.random_letters(7);
        makes(scene, &no_base64, &proof(&no_base64));
    });
}

#[test]
fn believes_the_right_proof() {
    LESSON.grade("accept_key", |scene| {
        believes(
            scene,
            RFC_KEY,
            101,
            &[(NAME, RFC_PROOF)],
            true,
            "believe-the-proof",
        );
        let key = key(scene);
        believes(
            scene,
            &key,
            101,
            &[(NAME, &proof(&key))],
            true,
            "believe-the-proof",
        );
    });
}

#[test]
fn finds_the_field_in_any_case() {
    LESSON.grade("accept_key", |scene| {
        let key = key(scene);
        let proof = proof(&key);
        for name in [
            NAME.to_lowercase(),
            NAME.to_uppercase(),
            in_another_case(scene, NAME),
        ] {
            believes(
                scene,
                &key,
                101,
                &[(&name, &proof)],
                true,
                "names-in-any-case",
            );
        }
    });
}

#[test]
fn does_not_believe_without_the_proof() {
    LESSON.grade("accept_key", |scene| {
        let mine = key(scene);
        let other = proof(&key(scene));
        believes(scene, &mine, 101, &[], false, "check-the-proof");
        for wrong in [other.as_str(), mine.as_str(), RFC_PROOF, ""] {
            believes(
                scene,
                &mine,
                101,
                &[(NAME, wrong)],
                false,
                "check-the-proof",
            );
        }
        let right = proof(&mine);
        believes(
            scene,
            &mine,
            101,
            &[("X-Accept", &right)],
            false,
            "check-the-proof",
        );
    });
}

#[test]
fn does_not_believe_what_is_almost_the_proof() {
    LESSON.grade("accept_key", |scene| {
        for key in [RFC_KEY.to_string(), key(scene)] {
            let right = proof(&key);
            let almost = [
                right.to_lowercase(),
                right.to_uppercase(),
                format!("{right}="),
                format!("{right}, {right}"),
                format!("x{right}"),
                right.trim_end_matches('=').to_string(),
                right[..10].to_string(),
            ];
            for wrong in almost {
                believes(
                    scene,
                    &key,
                    101,
                    &[(NAME, &wrong)],
                    false,
                    "exactly-the-proof",
                );
            }
        }
    });
}

#[test]
fn does_not_believe_two_answers() {
    LESSON.grade("accept_key", |scene| {
        let mine = key(scene);
        let (right, wrong) = (proof(&mine), proof(&key(scene)));
        for (first, second) in [(&right, &wrong), (&wrong, &right), (&right, &right)] {
            let both = [(NAME, first.as_str()), ("sec-websocket-accept", second)];
            believes(scene, &mine, 101, &both, false, "one-answer");
        }
    });
}

#[test]
fn does_not_believe_a_server_that_has_not_switched() {
    LESSON.grade("accept_key", |scene| {
        let key = key(scene);
        let right = proof(&key);
        for status in [200, 100, 426, 500] {
            believes(scene, &key, status, &[(NAME, &right)], false, "only-101");
        }
    });
}

use super::LESSON;
use peer::Scene;
use ws_deflate_exercises::deflate_offers::{CLIENT_BITS, LEAST_BITS, MOST_BITS, Parameter, accept};

const NAME: &str = "permessage-deflate";

/// What stands in an offer or an answer, parameter by parameter.
fn parameters(offer: &str) -> Vec<(String, Option<String>)> {
    let parameters = offer.split(';').skip(1).map(str::trim);
    let named = parameters.map(|one| match one.split_once('=') {
        Some((name, value)) => (name.to_string(), Some(value.to_string())),
        None => (one.to_string(), None),
    });
    named.collect()
}

/// What the student's server answers to `offers`, each as it stands in the request without the
/// extension's name. It stands in the ladder.
fn answered(scene: &Scene, offers: &[impl AsRef<str>]) -> Option<String> {
    if offers.is_empty() {
        scene.note("the client offers nothing");
    }
    for offer in offers {
        note(
            scene,
            "the client offers",
            &format!("{NAME}{}", offer.as_ref()),
        );
    }
    let read: Vec<_> = offers
        .iter()
        .map(|offer| parameters(offer.as_ref()))
        .collect();
    let answer = scene.run("your server", move || {
        let offers: Vec<Vec<Parameter>> = read
            .iter()
            .map(|offer| {
                let borrowed = offer
                    .iter()
                    .map(|(name, value)| (&**name, value.as_deref()));
                borrowed.collect()
            })
            .collect();
        let offers: Vec<&[Parameter]> = offers.iter().map(Vec::as_slice).collect();
        accept(&offers).map(|agreed| agreed.field())
    });
    let answer = answer.join(|_| "never-returns");
    match &answer {
        Some(field) => note(scene, "your answer:", field),
        None => scene.note("your answer: None"),
    }
    answer
}

/// Writes a list of parameters into the ladder, each on a line of its own.
fn note(scene: &Scene, what: &str, field: &str) {
    let mut parts = field.split("; ");
    scene.note(format!("{what} {}", parts.next().unwrap_or_default()));
    for parameter in parts {
        scene.note(format!("    {parameter}"));
    }
}

/// The answer must be `expected`, the extension's name left out. `key` is asked what hint fits to an answer
/// that is another one.
fn answers(
    scene: &Scene,
    offers: &[impl AsRef<str>],
    expected: &str,
    key: impl FnOnce(Option<&str>) -> &'static str,
) {
    let got = answered(scene, offers);
    let expected = format!("{NAME}{expected}");
    scene.check(
        got.as_ref() == Some(&expected),
        key(got.as_deref()),
        || match &got {
            Some(got) => format!("The answer was\n    {got}\nExpected was\n    {expected}"),
            None => format!("The offer was declined. Expected was\n    {expected}"),
        },
    );
}

/// The offer must be declined.
fn declines(scene: &Scene, offer: &str, key: &'static str) {
    let got = answered(scene, &[offer]);
    scene.check(got.is_none(), key, || {
        let offer = offer.trim_start_matches("; ");
        format!("The server accepted an offer that is to be declined:\n    {offer}")
    });
}

#[test]
fn accepts_an_offer_that_asks_for_nothing() {
    LESSON.grade("deflate_offers", |scene| {
        answers(scene, &[""], "", |got| match got {
            Some(_) => "not-offered",
            None => "declines-a-good-offer",
        });
    });
}

#[test]
fn says_what_was_asked_for_and_nothing_else() {
    LESSON.grade("deflate_offers", |scene| {
        let bits = scene.random().u8(LEAST_BITS..=MOST_BITS);
        for offer in [
            "; server_no_context_takeover".to_string(),
            "; client_no_context_takeover".to_string(),
            "; server_no_context_takeover; client_no_context_takeover".to_string(),
            format!("; server_max_window_bits={bits}"),
            format!("; server_no_context_takeover; server_max_window_bits={bits}"),
        ] {
            answers(scene, &[&offer], &offer, |got| match got {
                Some(got) if got.contains("client_max") => "not-offered",
                Some(_) => "say-what-was-asked",
                None => "declines-a-good-offer",
            });
        }
    });
}

#[test]
fn chooses_the_clients_window_where_the_client_lets_it() {
    LESSON.grade("deflate_offers", |scene| {
        let expected = format!("; client_max_window_bits={CLIENT_BITS}");
        answers(
            scene,
            &["; client_max_window_bits"],
            &expected,
            |got| match got {
                Some(_) => "client-window",
                None => "declines-a-good-offer",
            },
        );
    });
}

#[test]
fn never_makes_a_window_larger() {
    LESSON.grade("deflate_offers", |scene| {
        for bits in LEAST_BITS..=MOST_BITS {
            let offer = format!("; client_max_window_bits={bits}");
            let least = bits.min(CLIENT_BITS);
            let expected = format!("; client_max_window_bits={least}");
            answers(scene, &[offer], &expected, |got| match got {
                Some(_) => "client-window",
                None => "declines-a-good-offer",
            });
        }
        for bits in LEAST_BITS..=MOST_BITS {
            let offer = format!("; server_max_window_bits={bits}");
            answers(scene, &[&offer], &offer, |_| "say-what-was-asked");
        }
    });
}

#[test]
fn takes_parameters_in_any_order() {
    LESSON.grade("deflate_offers", |scene| {
        let mut asked = [
            "; server_no_context_takeover",
            "; client_no_context_takeover",
            "; server_max_window_bits=10",
            "; client_max_window_bits",
        ];
        let expected = [&asked[..3], &["; client_max_window_bits=12"]]
            .concat()
            .concat();
        for _ in 0..8 {
            scene.random().shuffle(&mut asked);
            let offer = asked.concat();
            answers(scene, &[offer], &expected, |_| "say-what-was-asked");
        }
    });
}

#[test]
fn declines_what_is_no_number_of_bits() {
    LESSON.grade("deflate_offers", |scene| {
        let values = [
            "16", "8", "0", "7", "99", "256", "267", "65546", "010", "+10", "-10", "1o", "ten", "",
            "0x0a",
        ];
        for side in ["client", "server"] {
            for value in values {
                let offer = format!("; {side}_max_window_bits={value}");
                declines(scene, &offer, "number-of-bits");
            }
        }
    });
}

#[test]
fn declines_a_value_too_much_and_a_value_too_few() {
    LESSON.grade("deflate_offers", |scene| {
        for offer in [
            "; server_max_window_bits",
            "; server_no_context_takeover=1",
            "; client_no_context_takeover=true",
            "; client_no_context_takeover=",
        ] {
            declines(scene, offer, "value-or-none");
        }
    });
}

#[test]
fn declines_what_it_does_not_know() {
    LESSON.grade("deflate_offers", |scene| {
        let unknown = scene.random_letters(8);
        for offer in [
            format!("; {unknown}"),
            format!("; client_max_window_bits; {unknown}=10"),
            "; max_window_bits=10".to_string(),
            "; Server_Max_Window_Bits=10".to_string(),
            "; server_no_context_takeover_".to_string(),
        ] {
            declines(scene, &offer, "unknown-parameter");
        }
    });
}

#[test]
fn declines_what_is_said_twice() {
    LESSON.grade("deflate_offers", |scene| {
        for offer in [
            "; server_max_window_bits=10; server_max_window_bits=11",
            "; server_max_window_bits=10; server_max_window_bits=10",
            "; client_max_window_bits; client_max_window_bits=10",
            "; client_max_window_bits=10; client_max_window_bits",
            "; server_no_context_takeover; server_no_context_takeover",
            "; client_max_window_bits; server_max_window_bits=9; client_max_window_bits",
        ] {
            declines(scene, offer, "said-twice");
        }
    });
}

#[test]
fn answers_the_first_offer_that_is_good() {
    LESSON.grade("deflate_offers", |scene| {
        let none: [&str; 0] = [];
        let got = answered(scene, &none);
        scene.check(got.is_none(), "first-good-offer", || {
            "The client has offered nothing, and the server accepted something.".to_string()
        });
        let bad = "; server_no_context_takeover; server_max_window_bits=8";
        let good = "; client_no_context_takeover";
        answers(scene, &[bad, good], good, |got| match got {
            Some(_) => "each-offer-alone",
            None => "next-offer",
        });
        answers(scene, &[good, ""], good, |_| "first-good-offer");
        answers(scene, &["", good, bad], "", |_| "first-good-offer");
        let got = answered(scene, &[bad, bad]);
        scene.check(got.is_none(), "first-good-offer", || {
            "No offer was good, and the server accepted one.".to_string()
        });
    });
}

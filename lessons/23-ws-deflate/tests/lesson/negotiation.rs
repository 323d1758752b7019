//! Who may say what about compression (RFC 7692, sections 5 and 7.1).

use http::{Connection, Event, MAX_BODY};
use ws_deflate::{Agreed, OFFER, Window, accept, accepted, agree, confirm};
use ws_handshake::{Extension, Opened, Opening, Origins, Policy, Unopened, extensions, upgrade};

fn offered(value: &str) -> Vec<Extension> {
    extensions([value.as_bytes()].into_iter()).unwrap()
}

/// Bits and takeover of the server, then of the client.
fn plain(agreed: Agreed) -> (u8, bool, u8, bool) {
    let Agreed { server, client } = agreed;
    (server.bits, server.takeover, client.bits, client.takeover)
}

#[test]
fn a_server_answers_each_parameter() {
    const SERVER_NONE: &str = "permessage-deflate; server_no_context_takeover";
    const CLIENT_NONE: &str = "permessage-deflate; client_no_context_takeover";
    for (offer, answer, expected) in [
        (
            "permessage-deflate",
            "permessage-deflate",
            (15, true, 15, true),
        ),
        (SERVER_NONE, SERVER_NONE, (15, false, 15, true)),
        (CLIENT_NONE, CLIENT_NONE, (15, true, 15, false)),
        // Whether the client wants a number is for the server to say: ours does not.
        (OFFER, "permessage-deflate", (15, true, 15, true)),
        (
            "permessage-deflate; client_max_window_bits=\"10\"; server_max_window_bits=9",
            "permessage-deflate; server_max_window_bits=9; client_max_window_bits=10",
            (9, true, 10, true),
        ),
        // It promises to refer back by 256 bytes at most, which everybody can read.
        (
            "permessage-deflate; client_max_window_bits=8",
            "permessage-deflate; client_max_window_bits=8",
            (15, true, 8, true),
        ),
    ] {
        let (agreed, field) = accept(&offered(offer)).unwrap_or_else(|| panic!("{offer}"));
        assert_eq!(
            (field.as_str(), plain(agreed)),
            (answer, expected),
            "{offer}"
        );
    }
    for bits in 9..=15 {
        let offer = format!("permessage-deflate; server_max_window_bits={bits}");
        let (agreed, field) = accept(&offered(&offer)).unwrap();
        assert_eq!((field, plain(agreed)), (offer, (bits, true, 15, true)));
    }
}

/// Parameters that make an offer one to decline (section 7.1), and an answer one to fail.
const WRONG: &[&str] = &[
    "unknown",
    "unknown=1",
    "server_no_context_takeover; server_no_context_takeover",
    "client_no_context_takeover; client_no_context_takeover",
    "server_max_window_bits=10; server_max_window_bits=10",
    "client_max_window_bits=10; client_max_window_bits=10",
    "client_max_window_bits; client_max_window_bits=10",
    "server_no_context_takeover=1",
    "client_no_context_takeover=true",
    "server_max_window_bits",
    "server_max_window_bits=7",
    "server_max_window_bits=16",
    "server_max_window_bits=010",
    "server_max_window_bits=+10",
    "server_max_window_bits=1e1",
    "server_max_window_bits=266",
    "server_max_window_bits=99999999999999999999",
    "client_max_window_bits=0",
    "client_max_window_bits=16",
    "client_max_window_bits=09",
    "client_max_window_bits=x",
    "Server_No_Context_Takeover",
];

#[test]
fn a_server_declines_what_it_does_not_understand() {
    for wrong in WRONG {
        let offer = format!("permessage-deflate; {wrong}");
        assert!(accept(&offered(&offer)).is_none(), "{offer}");
        // The next offer is a fall-back, and has another chance.
        let both = format!("{offer}, permessage-deflate; client_no_context_takeover");
        let (agreed, field) = accept(&offered(&both)).unwrap();
        assert_eq!(field, "permessage-deflate; client_no_context_takeover");
        assert_eq!(plain(agreed), (15, true, 15, false));
    }
    for none in [
        "permessage-bzip2",
        "x-webkit-deflate-frame",
        "permessage-deflate2",
    ] {
        assert!(accept(&offered(none)).is_none(), "{none}");
    }
    assert!(accept(&[]).is_none());
    // zlib cannot compress with a window of 256 bytes.
    let small = "permessage-deflate; server_max_window_bits=8";
    assert!(accept(&offered(small)).is_none());
    let fields: [&[u8]; 2] = [small.as_bytes(), b"permessage-deflate"];
    let offers = extensions(fields.into_iter()).unwrap();
    assert_eq!(accept(&offers).unwrap().1, "permessage-deflate");
}

#[test]
fn a_client_takes_what_answers_its_offer() {
    for (answer, expected) in [
        ("permessage-deflate", (15, true, 15, true)),
        (
            "permessage-deflate; server_no_context_takeover",
            (15, false, 15, true),
        ),
        (
            "permessage-deflate; client_no_context_takeover",
            (15, true, 15, false),
        ),
        (
            "permessage-deflate; server_max_window_bits=8",
            (8, true, 15, true),
        ),
        (
            "permessage-deflate; client_max_window_bits=8",
            (15, true, 8, true),
        ),
        (
            "permessage-deflate; client_max_window_bits=\"15\"; server_max_window_bits=9",
            (9, true, 15, true),
        ),
    ] {
        let agreed = accepted(&offered(answer)[0]).unwrap_or_else(|| panic!("{answer}"));
        assert_eq!(plain(agreed), expected, "{answer}");
    }
}

#[test]
fn a_client_fails_on_what_was_not_offered() {
    let without_number = "permessage-deflate; client_max_window_bits";
    assert_eq!(accepted(&offered(without_number)[0]), None);
    assert_eq!(accepted(&offered("permessage-bzip2")[0]), None);
    for wrong in WRONG {
        let answer = format!("permessage-deflate; {wrong}");
        assert_eq!(accepted(&offered(&answer)[0]), None, "{answer}");
    }
    let opened = |answer: &str| Opened {
        subprotocol: None,
        extensions: match answer {
            "" => Vec::new(),
            answer => offered(answer),
        },
        rest: Vec::new(),
    };
    assert!(confirm(&opened("")).unwrap().is_none());
    assert!(confirm(&opened("permessage-deflate")).unwrap().is_some());
    for wrong in [
        "permessage-deflate, permessage-deflate",
        "permessage-deflate; server_max_window_bits",
        "permessage-bzip2",
    ] {
        let refused = confirm(&opened(wrong)).err();
        assert!(matches!(refused, Some(Unopened::Invalid(_))), "{wrong}");
    }
}

/// Our client and our server, byte for byte.
#[test]
fn both_sides_agree_in_the_handshake() {
    let mut opening = Opening::new("a", "/", [7; 16], None).extension(OFFER);
    let mut server = Connection::new(MAX_BODY);
    server.set_date("Sun, 06 Nov 1994 08:49:37 GMT");
    server.receive_data(&opening.request());
    let Ok(Some(Event::Request(request))) = server.next_event() else {
        panic!("the request should be complete");
    };
    assert!(matches!(server.next_event(), Ok(Some(Event::RequestEnd))));
    let policy = Policy {
        origins: Origins::Ours,
        subprotocols: Vec::new(),
    };
    let mut upgrade = upgrade(&request, &policy).unwrap();
    assert!(agree(&mut upgrade).is_some());
    server.switch(&upgrade.fields);
    opening.receive_data(server.data_to_send());
    let opened = opening.next_event().unwrap().unwrap();
    assert_eq!(opened.extensions, offered("permessage-deflate"));
    assert!(confirm(&opened).unwrap().is_some());
}

/// Whatever a client offers, the answer is one that a client may take.
#[test]
fn an_answer_is_never_wrong() {
    let mut random = fastrand::Rng::with_seed(7692);
    let names = [
        "server_no_context_takeover",
        "client_no_context_takeover",
        "server_max_window_bits",
        "client_max_window_bits",
        "other",
    ];
    let mut accepted_ones = 0;
    for _ in 0..20_000 {
        let mut offer = "permessage-deflate".to_string();
        for _ in 0..random.usize(..4) {
            offer += &format!("; {}", names[random.usize(..names.len())]);
            if random.bool() {
                offer += &format!("={}", random.u8(6..18));
            }
        }
        let Some((agreed, field)) = accept(&offered(&offer)) else {
            continue;
        };
        accepted_ones += 1;
        assert_eq!(
            accepted(&offered(&field)[0]),
            Some(agreed),
            "{offer}: {field}"
        );
        let Window { bits, .. } = agreed.server;
        assert!((9..=15).contains(&bits), "{offer}: {field}");
    }
    assert!(accepted_ones > 1_000, "{accepted_ones}");
}

//! The options of a socket, each with the call that it must precede and with what it does.
//!
//! It has what socket2 knows of TCP and UDP. Left out are the options of Unix, raw and DCCP sockets, and
//! packet filters.
//!
//! Names and meanings are those of socket(7), tcp(7), ip(7) and ipv6(7).

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use socket2::Socket;
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
use socket2::TcpKeepalive;

use crate::Dscp;

/// The call that an option must precede in order to have its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// bind(2) looks at it.
    Bind,
    /// listen(2) or connect(2): what the handshake settles, or accepted sockets inherit.
    Handshake,
    /// The data, or whatever it shall change: it may be set at any time.
    Anything,
    /// It can be read only, or changed only with a privilege.
    Nothing,
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Before::Bind => "bind",
            Before::Handshake => "handshake",
            Before::Anything => "any time",
            Before::Nothing => "(read)",
        })
    }
}

/// What became of one option that was tried on one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What a new socket has.
    pub at_first: String,
    /// What was asked for; `None` for an option that is only read.
    pub asked: Option<String>,
    /// What the kernel says afterwards: what it made of the wish.
    pub read_back: String,
}

/// One option.
pub struct SocketOption {
    /// As in the manual page.
    pub name: &'static str,
    /// When it must be set.
    pub before: Before,
    /// What it changes.
    pub meaning: &'static str,
    try_it: fn(&Socket) -> io::Result<Tried>,
}

impl SocketOption {
    /// Reads the option from `socket`, sets it to something else, and reads it back.
    ///
    /// # Errors
    ///
    /// `Unsupported` when this system has no such option; otherwise what the kernel says.
    pub fn try_on(&self, socket: &Socket) -> io::Result<Tried> {
        (self.try_it)(socket)
    }
}

/// How values look in a table.
trait Shown {
    fn shown(&self) -> String;
}

impl Shown for bool {
    fn shown(&self) -> String {
        if *self { "on" } else { "off" }.to_string()
    }
}

impl Shown for u32 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for usize {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for Ipv4Addr {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for Duration {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Shown for io::Error {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for Dscp {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or("none".to_string(), Shown::shown)
    }
}

impl Shown for Vec<u8> {
    fn shown(&self) -> String {
        let name = String::from_utf8_lossy(self);
        name.trim_end_matches('\0').to_string()
    }
}

// ANCHOR: change
/// Reads, sets to `asked`, reads back.
fn change<T: Shown>(
    socket: &Socket,
    get: impl Fn(&Socket) -> io::Result<T>,
    set: impl Fn(&Socket, T) -> io::Result<()>,
    asked: T,
) -> io::Result<Tried> {
    let at_first = get(socket)?.shown();
    let wish = asked.shown();
    set(socket, asked)?;
    Ok(Tried {
        at_first,
        asked: Some(wish),
        read_back: get(socket)?.shown(),
    })
}
// ANCHOR_END: change

fn read<T: Shown>(socket: &Socket, get: impl Fn(&Socket) -> io::Result<T>) -> io::Result<Tried> {
    let value = get(socket)?.shown();
    Ok(Tried {
        at_first: value.clone(),
        asked: None,
        read_back: value,
    })
}

#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
fn keepalive(parameters: TcpKeepalive) -> impl Fn(&Socket, Duration) -> io::Result<()> {
    move |socket, _| socket.set_tcp_keepalive(&parameters)
}

/// A function where `$cfg` holds; elsewhere one that reports that the system has no such option.
macro_rules! only_where {
    ($cfg:meta, $try_it:expr) => {{
        #[cfg($cfg)]
        {
            $try_it
        }
        #[cfg(not($cfg))]
        {
            |_| Err(io::ErrorKind::Unsupported.into())
        }
    }};
}

const SECOND: Duration = Duration::from_secs(1);

/// Options of a TCP socket, over IPv4 and IPv6 alike.
pub const TCP: &[SocketOption] = &[
    SocketOption {
        name: "SO_REUSEADDR",
        before: Before::Bind,
        meaning: "bind although connections of an earlier server are in TIME_WAIT",
        try_it: |s| change(s, Socket::reuse_address, Socket::set_reuse_address, true),
    },
    SocketOption {
        name: "SO_REUSEPORT",
        before: Before::Bind,
        meaning: "share the port with other sockets that have this option too",
        try_it: only_where!(
            all(unix, not(any(target_os = "solaris", target_os = "illumos"))),
            |s| change(s, Socket::reuse_port, Socket::set_reuse_port, true)
        ),
    },
    SocketOption {
        name: "SO_RCVBUF",
        before: Before::Handshake,
        meaning: "bytes for what has arrived; Linux doubles the wish, for bookkeeping",
        try_it: |s| {
            let set = Socket::set_recv_buffer_size;
            change(s, Socket::recv_buffer_size, set, 20_000)
        },
    },
    SocketOption {
        name: "SO_SNDBUF",
        before: Before::Handshake,
        meaning: "bytes for what is not acknowledged yet; doubled as well",
        try_it: |s| {
            let set = Socket::set_send_buffer_size;
            change(s, Socket::send_buffer_size, set, 20_000)
        },
    },
    SocketOption {
        name: "TCP_MAXSEG",
        before: Before::Handshake,
        meaning: "the longest segment to announce; read back before there is a connection",
        try_it: only_where!(unix, |s| change(
            s,
            Socket::tcp_mss,
            Socket::set_tcp_mss,
            1_000
        )),
    },
    SocketOption {
        name: "TCP_NODELAY",
        before: Before::Anything,
        meaning: "send small segments at once: switches Nagle's algorithm off",
        try_it: |s| change(s, Socket::tcp_nodelay, Socket::set_tcp_nodelay, true),
    },
    SocketOption {
        name: "TCP_CORK",
        before: Before::Anything,
        meaning: "send full segments only, until it is taken off (or for 200 ms)",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            change(s, Socket::tcp_cork, Socket::set_tcp_cork, true)
        }),
    },
    SocketOption {
        name: "TCP_QUICKACK",
        before: Before::Anything,
        meaning: "acknowledge at once; the kernel changes it by itself later",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            change(s, Socket::tcp_quickack, Socket::set_tcp_quickack, false)
        }),
    },
    SocketOption {
        name: "TCP_NOTSENT_LOWAT",
        before: Before::Anything,
        meaning: "writable only while fewer bytes than this are unsent; 0: no limit",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            let set = Socket::set_tcp_notsent_lowat;
            change(s, Socket::tcp_notsent_lowat, set, 16_384)
        }),
    },
    SocketOption {
        name: "TCP_CONGESTION",
        before: Before::Anything,
        meaning: "how to find out how fast to send",
        try_it: only_where!(any(target_os = "linux", target_os = "freebsd"), |s| {
            let set = |s: &Socket, name: Vec<u8>| s.set_tcp_congestion(&name);
            change(s, Socket::tcp_congestion, set, b"reno".to_vec())
        }),
    },
    SocketOption {
        name: "SO_KEEPALIVE",
        before: Before::Anything,
        meaning: "probe a silent peer, to notice when it is dead (lesson 08)",
        try_it: |s| change(s, Socket::keepalive, Socket::set_keepalive, true),
    },
    SocketOption {
        name: "TCP_KEEPIDLE",
        before: Before::Anything,
        meaning: "silence before the first probe",
        try_it: only_where!(
            any(
                target_os = "linux",
                target_os = "macos",
                target_os = "freebsd"
            ),
            |s| {
                let wish = TcpKeepalive::new().with_time(60 * SECOND);
                change(s, Socket::tcp_keepalive_time, keepalive(wish), 60 * SECOND)
            }
        ),
    },
    SocketOption {
        name: "TCP_KEEPINTVL",
        before: Before::Anything,
        meaning: "time between probes",
        try_it: only_where!(
            any(
                target_os = "linux",
                target_os = "macos",
                target_os = "freebsd"
            ),
            |s| {
                let wish = TcpKeepalive::new().with_interval(5 * SECOND);
                change(
                    s,
                    Socket::tcp_keepalive_interval,
                    keepalive(wish),
                    5 * SECOND,
                )
            }
        ),
    },
    SocketOption {
        name: "TCP_KEEPCNT",
        before: Before::Anything,
        meaning: "unanswered probes before the connection is given up",
        try_it: only_where!(
            any(
                target_os = "linux",
                target_os = "macos",
                target_os = "freebsd"
            ),
            |s| {
                let set = |s: &Socket, n| s.set_tcp_keepalive(&TcpKeepalive::new().with_retries(n));
                change(s, Socket::tcp_keepalive_retries, set, 3)
            }
        ),
    },
    SocketOption {
        name: "TCP_USER_TIMEOUT",
        before: Before::Anything,
        meaning: "how long sent bytes may stay unacknowledged; none: the kernel decides",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            let set = Socket::set_tcp_user_timeout;
            change(s, Socket::tcp_user_timeout, set, Some(30 * SECOND))
        }),
    },
    SocketOption {
        name: "TCP_THIN_LINEAR_TIMEOUTS",
        before: Before::Anything,
        meaning: "with little on its way, resend without waiting longer each time",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            let set = Socket::set_tcp_thin_linear_timeouts;
            change(s, Socket::tcp_thin_linear_timeouts, set, true)
        }),
    },
    SocketOption {
        name: "SO_RCVTIMEO",
        before: Before::Anything,
        meaning: "how long a read, or an accept, may wait",
        try_it: |s| {
            change(
                s,
                Socket::read_timeout,
                Socket::set_read_timeout,
                Some(5 * SECOND),
            )
        },
    },
    SocketOption {
        name: "SO_SNDTIMEO",
        before: Before::Anything,
        meaning: "how long a write may wait",
        try_it: |s| {
            change(
                s,
                Socket::write_timeout,
                Socket::set_write_timeout,
                Some(5 * SECOND),
            )
        },
    },
    SocketOption {
        name: "SO_LINGER",
        before: Before::Anything,
        meaning: "what close does with unsent bytes; 0 s: discard them and reset",
        try_it: |s| change(s, Socket::linger, Socket::set_linger, Some(5 * SECOND)),
    },
    SocketOption {
        name: "SO_OOBINLINE",
        before: Before::Anything,
        meaning: "keep TCP's urgent byte in its place in the stream",
        try_it: |s| {
            change(
                s,
                Socket::out_of_band_inline,
                Socket::set_out_of_band_inline,
                true,
            )
        },
    },
    SocketOption {
        name: "SO_PRIORITY",
        before: Before::Anything,
        meaning: "the order in which this computer's own queues send",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            change(s, Socket::priority, Socket::set_priority, 4)
        }),
    },
    SocketOption {
        name: "SO_ERROR",
        before: Before::Nothing,
        meaning: "an error that nobody was told of yet; reading it clears it (lesson 11)",
        try_it: |s| read(s, Socket::take_error),
    },
    SocketOption {
        name: "SO_MARK",
        before: Before::Nothing,
        meaning: "a number for this computer's firewall and routing; needs a privilege",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            read(s, Socket::mark)
        }),
    },
    SocketOption {
        name: "SO_BINDTODEVICE",
        before: Before::Nothing,
        meaning: "send and receive through one interface only",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            read(s, Socket::device)
        }),
    },
    SocketOption {
        name: "SO_BUSY_POLL",
        before: Before::Nothing,
        meaning: "microseconds that a read may spin for the network card",
        try_it: only_where!(target_os = "linux", |s| read(s, Socket::busy_poll)),
    },
    SocketOption {
        name: "SO_ACCEPTCONN",
        before: Before::Nothing,
        meaning: "whether this is a listening socket",
        try_it: only_where!(any(target_os = "linux", target_os = "freebsd"), |s| {
            read(s, Socket::is_listener)
        }),
    },
];

/// Options of an IPv4 socket, whatever it carries.
pub const IPV4: &[SocketOption] = &[
    SocketOption {
        name: "IP_TOS",
        before: Before::Anything,
        meaning: "the mark in each packet's header: a wish to the networks on the way",
        try_it: |s| change(s, Dscp::of, |s, dscp| dscp.mark(s), Dscp::EXPEDITED),
    },
    SocketOption {
        name: "IP_TTL",
        before: Before::Anything,
        meaning: "routers that a packet may pass",
        try_it: |s| change(s, Socket::ttl_v4, Socket::set_ttl_v4, 32),
    },
    SocketOption {
        name: "IP_FREEBIND",
        before: Before::Bind,
        meaning: "bind an address that this computer does not have yet",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            change(s, Socket::freebind_v4, Socket::set_freebind_v4, true)
        }),
    },
    SocketOption {
        name: "IP_TRANSPARENT",
        before: Before::Nothing,
        meaning: "stand for addresses of other computers, as a proxy; needs a privilege",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            read(s, Socket::ip_transparent_v4)
        }),
    },
];

/// Options of an IPv6 socket, whatever it carries.
pub const IPV6: &[SocketOption] = &[
    SocketOption {
        name: "IPV6_V6ONLY",
        before: Before::Bind,
        meaning: "take no IPv4 clients; off: an IPv6 socket may serve both (lesson 06)",
        try_it: |s| change(s, Socket::only_v6, Socket::set_only_v6, true),
    },
    SocketOption {
        name: "IPV6_TCLASS",
        before: Before::Anything,
        meaning: "the mark in each packet's header: a wish to the networks on the way",
        try_it: |s| change(s, Dscp::of, |s, dscp| dscp.mark(s), Dscp::EXPEDITED),
    },
    SocketOption {
        name: "IPV6_UNICAST_HOPS",
        before: Before::Anything,
        meaning: "routers that a packet may pass",
        try_it: |s| change(s, Socket::unicast_hops_v6, Socket::set_unicast_hops_v6, 32),
    },
    SocketOption {
        name: "IPV6_FREEBIND",
        before: Before::Bind,
        meaning: "bind an address that this computer does not have yet",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            change(s, Socket::freebind_v6, Socket::set_freebind_v6, true)
        }),
    },
    SocketOption {
        name: "IPV6_TRANSPARENT",
        before: Before::Nothing,
        meaning: "stand for addresses of other computers, as a proxy; needs a privilege",
        try_it: only_where!(any(target_os = "linux", target_os = "android"), |s| {
            read(s, Socket::ip_transparent_v6)
        }),
    },
];

/// Options of a UDP socket over IPv4, beyond [`IPV4`] and those that TCP has too.
pub const UDP_IPV4: &[SocketOption] = &[
    SocketOption {
        name: "SO_BROADCAST",
        before: Before::Anything,
        meaning: "allow datagrams to everybody in the local network",
        try_it: |s| change(s, Socket::broadcast, Socket::set_broadcast, true),
    },
    SocketOption {
        name: "IP_MULTICAST_TTL",
        before: Before::Anything,
        meaning: "routers that a datagram to a group may pass",
        try_it: |s| change(s, Socket::multicast_ttl_v4, Socket::set_multicast_ttl_v4, 4),
    },
    SocketOption {
        name: "IP_MULTICAST_LOOP",
        before: Before::Anything,
        meaning: "hear one's own datagrams to a group",
        try_it: |s| {
            change(
                s,
                Socket::multicast_loop_v4,
                Socket::set_multicast_loop_v4,
                false,
            )
        },
    },
    SocketOption {
        name: "IP_MULTICAST_ALL",
        before: Before::Anything,
        meaning: "hear groups that other sockets of this computer have joined",
        try_it: only_where!(target_os = "linux", |s| {
            change(
                s,
                Socket::multicast_all_v4,
                Socket::set_multicast_all_v4,
                false,
            )
        }),
    },
    SocketOption {
        name: "IP_MULTICAST_IF",
        before: Before::Nothing,
        meaning: "the interface for datagrams to a group, by its address",
        try_it: |s| read(s, Socket::multicast_if_v4),
    },
    SocketOption {
        name: "IP_RECVTOS",
        before: Before::Anything,
        meaning: "tell each datagram's mark with it",
        try_it: only_where!(
            any(
                target_os = "linux",
                target_os = "macos",
                target_os = "freebsd",
                windows
            ),
            |s| change(s, Socket::recv_tos_v4, Socket::set_recv_tos_v4, true)
        ),
    },
];

/// Options of a UDP socket over IPv6, beyond [`IPV6`] and those that TCP has too.
pub const UDP_IPV6: &[SocketOption] = &[
    SocketOption {
        name: "IPV6_MULTICAST_HOPS",
        before: Before::Anything,
        meaning: "routers that a datagram to a group may pass",
        try_it: |s| {
            change(
                s,
                Socket::multicast_hops_v6,
                Socket::set_multicast_hops_v6,
                4,
            )
        },
    },
    SocketOption {
        name: "IPV6_MULTICAST_LOOP",
        before: Before::Anything,
        meaning: "hear one's own datagrams to a group",
        try_it: |s| {
            change(
                s,
                Socket::multicast_loop_v6,
                Socket::set_multicast_loop_v6,
                false,
            )
        },
    },
    SocketOption {
        name: "IPV6_MULTICAST_ALL",
        before: Before::Anything,
        meaning: "hear groups that other sockets of this computer have joined",
        try_it: only_where!(target_os = "linux", |s| {
            change(
                s,
                Socket::multicast_all_v6,
                Socket::set_multicast_all_v6,
                false,
            )
        }),
    },
    SocketOption {
        name: "IPV6_MULTICAST_IF",
        before: Before::Nothing,
        meaning: "the interface for datagrams to a group, by its number",
        try_it: |s| read(s, Socket::multicast_if_v6),
    },
    SocketOption {
        name: "IPV6_RECVHOPLIMIT",
        before: Before::Anything,
        meaning: "tell each datagram's hop limit with it",
        try_it: only_where!(
            any(
                target_os = "linux",
                target_os = "macos",
                target_os = "freebsd"
            ),
            |s| {
                change(
                    s,
                    Socket::recv_hoplimit_v6,
                    Socket::set_recv_hoplimit_v6,
                    true,
                )
            }
        ),
    },
    SocketOption {
        name: "IPV6_RECVTCLASS",
        before: Before::Anything,
        meaning: "tell each datagram's mark with it",
        try_it: only_where!(
            any(
                target_os = "linux",
                target_os = "macos",
                target_os = "freebsd"
            ),
            |s| { change(s, Socket::recv_tclass_v6, Socket::set_recv_tclass_v6, true) }
        ),
    },
];

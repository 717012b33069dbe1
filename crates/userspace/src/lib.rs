//! The tunnel without privileges: a TCP/IP stack in the process, offered to other programs as a SOCKS5 proxy, an HTTP CONNECT
//! proxy and port forwards. No device, no route and no right is needed.
//!
//! [`Netstack`] is the stack, without IO. [`socks`] and [`http_connect`] are the proxies' dialogues, [`forward`] what people
//! write on the command line. [`Proxy`] joins them with local sockets; it is what a dialer's loop drives.

pub mod failure;
pub mod forward;
pub mod http_connect;
pub mod netstack;
pub mod proxy;
pub mod resolve;
pub mod socks;
pub mod target;

pub use failure::Failure;
pub use netstack::Netstack;
pub use proxy::Proxy;
pub use target::{Host, Target};

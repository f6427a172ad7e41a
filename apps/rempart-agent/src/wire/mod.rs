//! From an address to an open WebSocket: names, proxies, TLS.

mod address;
mod proxy;
mod socket;
mod tls;

pub use address::Address;
pub use socket::{Dialer, Frames, Socket, WireError};
pub use tls::{Fingerprint, Trust};

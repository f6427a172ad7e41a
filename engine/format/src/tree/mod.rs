//! Trees: directories as canonical JSON, `{"nodes":[…]}` and a line break, names strictly ascending by raw bytes.

mod encode;
mod node;
mod read;
mod references;

pub use encode::TreeEncoder;
pub use read::TreeReader;
pub use references::for_each_reference;

//! Trees: directories as canonical JSON, `{"nodes":[…]}` and a line break, names strictly ascending by raw bytes.

mod cursor;
mod encode;
mod node;
mod read;
mod references;

pub use cursor::{TreeBytes, TreeCursor};
pub use encode::TreeEncoder;
pub use read::TreeReader;
pub use references::for_each_reference;

//! Both ends against each other over connections that lose, cut and overtake.

mod link;
mod refused;
mod session;
mod world;

//! Maintenance on real repositories in a local folder: check, prune, repair, copy, damage of every kind, and random
//! histories against a naive model.

mod check;
mod copy;
mod damage;
mod histories;
mod lab;
mod long_trees;
mod prune;
mod settling;

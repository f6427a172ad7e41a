//! The restic REST endpoint, spoken to by the real restic (an older and the newest) and by hand.

mod by_hand;
mod by_restic;
mod early;
mod lab;

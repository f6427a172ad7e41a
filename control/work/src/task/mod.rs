//! Work on one repository with the engine at hand. Blocking, and without a catalog: handlers call these on threads of
//! their own and record what came of it.

pub mod backup;
pub mod check;
pub mod gauge;
pub mod lock;
pub mod restore;
pub mod verify;

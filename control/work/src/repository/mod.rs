//! Repositories at `<pool>/<server>/<name>`.

mod create;
mod kit;
mod name;
mod open;

pub use create::NewRepositoryRequest;
pub use kit::{Kit, KitTongue};
pub use name::{folder_name, repository_name};
pub use open::OpenRepositories;

//! Names that become folders, buckets' prefixes and addresses: short, ASCII, and never a way out of the pool.

use crate::trouble::{Result, Trouble, table};

const LONGEST: usize = 64;

/// Checks the name that a person gives a repository.
pub fn repository_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.contains('/') || name == ".." || name == "." {
        return Err(Trouble::new(&table::REPOSITORY_OUTSIDE).with("path", name).field("name"));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && name.len() <= LONGEST && name.chars().all(fits) {
        Ok(name.to_owned())
    } else {
        Err(Trouble::new(&table::REPOSITORY_NAME_INVALID).with("name", name).field("name"))
    }
}

/// The folder of a server: its name, with what does not fit replaced by dashes.
#[must_use]
pub fn folder_name(server: &str) -> String {
    let kept: String = server
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c.to_ascii_lowercase() } else { '-' })
        .take(LONGEST)
        .collect();
    let trimmed = kept.trim_start_matches(['.', '-', '_']).trim_end_matches('-');
    if trimmed.is_empty() { "server".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_or_surprise_are_refused() {
        for name in ["files", "a", "2026.web-1_x", &"x".repeat(64)] {
            assert_eq!(repository_name(name).unwrap(), name);
        }
        for name in ["../x", "a/b", "/", "..", "."] {
            assert_eq!(repository_name(name).unwrap_err().code(), "repository.path_outside_pool", "{name:?}");
        }
        for name in ["", " ", "-x", ".hidden", "é", "a b", "a\0b", &"x".repeat(65)] {
            assert_eq!(repository_name(name).unwrap_err().code(), "repository.name_invalid", "{name:?}");
        }
    }

    #[test]
    fn every_servers_name_makes_a_folder() {
        for (server, folder) in [("web1", "web1"), ("Héro ville", "h-ro-ville"), ("../..", "server"), ("", "server")] {
            assert_eq!(folder_name(server), folder, "{server:?}");
            assert!(repository_name(&folder_name(server)).is_ok());
        }
    }
}

//! How servers are reached over SSH.

use crate::word::words;

words! {
    /// How one logs in: by a password, by a private key that is given for this once, or by this server's own key.
    SshMethod("way to log in") {
        Password = "password",
        Key = "key",
        ServerKey = "serverKey",
    }

    /// How a shown host key stands to the one that was accepted.
    HostKeyState("state of a host key") {
        New = "new",
        Known = "known",
        Changed = "changed",
    }
}

//! The machine's addresses.

use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::error::{HostError, Result};
use crate::path::HostPath;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// `eth0`
    pub interface: String,
    pub address: IpAddr,
}

/// Of interfaces that are up, in the kernel's order. Those by which nobody else reaches the machine are left out: loopback,
/// and IPv6 addresses of one link only.
pub fn addresses() -> Result<Vec<Address>> {
    let mut list: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: `list` is a valid place for the pointer that the call writes.
    if unsafe { libc::getifaddrs(&raw mut list) } != 0 {
        let source = std::io::Error::last_os_error();
        return Err(HostError::Unreadable { path: HostPath::from("the list of network interfaces"), source });
    }
    let mut found = Vec::new();
    let mut next = list;
    while !next.is_null() {
        // SAFETY: the call made a list that ends in null and lives until `freeifaddrs`.
        let entry = unsafe { &*next };
        next = entry.ifa_next;
        let is_up = entry.ifa_flags & libc::IFF_UP as libc::c_uint != 0;
        // SAFETY: `ifa_addr` is null or an address of the family that it says, for as long as the list lives.
        let address = unsafe { address_of(entry.ifa_addr) };
        if let (true, Some(address)) = (is_up, address.filter(reaches_others)) {
            // SAFETY: every entry has a name that ends in zero.
            let name = unsafe { CStr::from_ptr(entry.ifa_name) };
            found.push(Address { interface: name.to_string_lossy().into_owned(), address });
        }
    }
    // SAFETY: `list` came from `getifaddrs`, and nothing borrowed from it is left.
    unsafe { libc::freeifaddrs(list) };
    Ok(found)
}

/// # Safety
/// `address` is null, or points to a socket address that is as long as its family's.
unsafe fn address_of(address: *const libc::sockaddr) -> Option<IpAddr> {
    if address.is_null() {
        return None;
    }
    // SAFETY: not null, and every socket address begins with its family.
    match i32::from(unsafe { (*address).sa_family }) {
        libc::AF_INET => {
            // SAFETY: of this family it is a `sockaddr_in`; it may lie unaligned.
            let v4 = unsafe { address.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: of this family it is a `sockaddr_in6`; it may lie unaligned.
            let v6 = unsafe { address.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(Ipv6Addr::from(v6.sin6_addr.s6_addr).into())
        }
        _ => None,
    }
}

fn reaches_others(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `/proc/net/if_inet6` and `/proc/net/fib_trie` are the kernel's own lists.
    #[test]
    fn this_machine_has_the_addresses_that_the_kernel_lists() {
        let trie = std::fs::read_to_string("/proc/net/fib_trie").unwrap();
        let inet6 = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
        for found in addresses().unwrap() {
            match found.address {
                IpAddr::V4(v4) => assert!(trie.contains(&format!("|-- {v4}\n")), "{found:?}"),
                IpAddr::V6(v6) => {
                    let hex: String = v6.octets().iter().map(|byte| format!("{byte:02x}")).collect();
                    assert!(inet6.contains(&hex), "{found:?}");
                }
            }
        }
        let local = inet6.lines().filter(|line| !line.starts_with("fe80") && !line.ends_with(" lo")).count();
        let listed = addresses().unwrap().iter().filter(|found| found.address.is_ipv6()).count();
        assert_eq!(listed, local, "{inet6}");
    }

    #[test]
    fn addresses_of_one_link_are_left_out() {
        for (text, reaches) in [
            ("127.0.0.1", false),
            ("169.254.1.1", false),
            ("10.0.0.2", true),
            ("::1", false),
            ("fe80::1", false),
            ("fd00::2", true),
        ] {
            assert_eq!(reaches_others(&text.parse().unwrap()), reaches, "{text}");
        }
    }
}

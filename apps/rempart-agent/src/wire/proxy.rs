//! HTTP proxies: which one, and the `CONNECT` (RFC 9110, section 9.3.6) that asks it for a way through.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::address::Address;

/// The proxy for a server, as curl has it: `HTTPS_PROXY` or `https_proxy`, unless the host is this machine or stands in
/// `NO_PROXY`. Servers without TLS are on this machine, or on a network that one decided to trust: no proxy is asked.
pub fn proxy_for(server: &Address, variable: impl Fn(&str) -> Option<String>) -> io::Result<Option<Address>> {
    let first = |names: [&str; 2]| names.into_iter().find_map(&variable).filter(|text| !text.is_empty());
    if !server.is_tls || server.is_loopback() {
        return Ok(None);
    }
    let Some(proxy) = first(["HTTPS_PROXY", "https_proxy"]) else { return Ok(None) };
    let spared = first(["NO_PROXY", "no_proxy"]).is_some_and(|list| {
        list.split(',').map(str::trim).any(|entry| {
            let domain = entry.trim_start_matches('.');
            entry == "*"
                || server.host == domain
                || (!domain.is_empty() && server.host.ends_with(&format!(".{domain}")))
        })
    });
    if spared {
        return Ok(None);
    }
    let text = if proxy.contains("://") { proxy } else { format!("http://{proxy}") };
    let refuse = |why: String| io::Error::new(io::ErrorKind::InvalidInput, format!("HTTPS_PROXY: {why}"));
    let address: Address = text.parse().map_err(|error: super::address::AddressError| refuse(error.to_string()))?;
    if address.is_tls {
        return Err(refuse("a proxy is asked by http://, what goes through it is TLS all the same".to_owned()));
    }
    Ok(Some(address))
}

/// An answer that is longer is no answer of a proxy.
const ANSWER_BYTES: usize = 16 << 10;

/// Asks for a way to the server. Afterwards the stream is the server's.
pub async fn connect<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, server: &Address) -> io::Result<()> {
    let authority = server.authority();
    let request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    // Byte by byte: what comes behind the empty line is the server's.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() == ANSWER_BYTES {
            return Err(io::Error::other("the proxy's answer has no end"));
        }
        answer.push(stream.read_u8().await?);
    }
    let first = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
    let status = first.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
    match status {
        Some(200..=299) if first.starts_with("HTTP/1.") => Ok(()),
        _ => Err(io::Error::other(format!("the proxy refused the way to {authority}: {first}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(server: &str, variables: &[(&str, &str)]) -> Option<String> {
        let of = |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        proxy_for(&server.parse().unwrap(), of).unwrap().map(|proxy| proxy.authority())
    }

    #[test]
    fn the_proxy_is_the_one_that_the_environment_names() {
        let proxy = ("HTTPS_PROXY", "http://proxy.lan:3128");
        let with = |no_proxy| chosen("https://backup.example.org", &[proxy, ("NO_PROXY", no_proxy)]);
        assert_eq!(with("other.org, lan").as_deref(), Some("proxy.lan:3128"));
        for spared in ["backup.example.org", "example.org", ".example.org", "a, *"] {
            assert_eq!(with(spared), None, "{spared}");
        }
        assert_eq!(with("ample.org").as_deref(), Some("proxy.lan:3128"), "no domain of it");
        assert_eq!(chosen("https://a", &[("https_proxy", "10.0.0.1:8080")]).as_deref(), Some("10.0.0.1:8080"));
        assert_eq!(chosen("https://127.0.0.1", &[proxy]), None);
        assert_eq!(chosen("http://a", &[proxy]), None);
        assert_eq!(chosen("https://a", &[]), None);
    }

    #[tokio::test]
    async fn the_way_is_open_after_a_good_answer_and_nothing_behind_it_is_taken() {
        let server: Address = "https://[2001:db8::5]:8443".parse().unwrap();
        for (answer, is_open) in [
            ("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nhello", true),
            ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\nhello", false),
            ("SSH-2.0\r\n\r\nhello", false),
        ] {
            let (mut near, mut far) = tokio::io::duplex(1 << 10);
            far.write_all(answer.as_bytes()).await.unwrap();
            let connected = connect(&mut near, &server).await;
            assert_eq!(connected.is_ok(), is_open, "{answer}: {connected:?}");
            let mut rest = [0; 5];
            near.read_exact(&mut rest).await.unwrap();
            assert_eq!(&rest, b"hello");
            drop(near);
            let mut request = String::new();
            far.read_to_string(&mut request).await.unwrap();
            assert!(request.starts_with("CONNECT [2001:db8::5]:8443 HTTP/1.1\r\n"), "{request}");
        }
    }
}

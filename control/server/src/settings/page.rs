//! The page `docs/server.md`: the table of settings, and what somebody who runs the server must know beside it.

use super::table;

/// The whole page, as Markdown.
#[must_use]
pub fn markdown() -> String {
    format!("{HEAD}\n{}\n{TAIL}", table::markdown())
}

const HEAD: &str = "\
# Settings of the server

Generated from the server's table of settings; a test keeps it in step. Flags win over the environment, the environment over \
the file (TOML, `/etc/rempart/server.toml` or `--config`).
";

const TAIL: &str = "\
## Behind a proxy

A proxy that ends TLS is named by `behind_proxy`. It must

- pass `Host` on as the browser sent it, port included: a change is refused whose `Origin` is not that host;
- append the address of its client to `X-Forwarded-For`. The chain is read from the right, as far as the hops are proxies \
named by `behind_proxy`; what a client writes there itself is not believed. The address found is the one in the audit log, in \
the list of sessions and in the throttling of logins. `X-Forwarded-Proto` and `Forwarded` are not read: behind a proxy browsers \
are taken to come by HTTPS;
- pass WebSockets through on `/ws` (`Upgrade` and `Connection`), and not close them while they are silent for 30 seconds;
- take bodies of 256 MiB on `/restic/`, and pass them on as they come (nginx: `proxy_request_buffering off`).

Set `public_url` to the address that the proxy is known by: the setup link and the addresses given to restic are made of it.

```nginx
server {
    listen 443 ssl;
    server_name backup.example.org;
    client_max_body_size 256m;
    location / {
        proxy_pass http://127.0.0.1:3000;
        proxy_http_version 1.1;
        proxy_request_buffering off;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;  # a map in the http block: \"\" where $http_upgrade is empty, else upgrade
        proxy_read_timeout 150s;
    }
}
```

Such a server is started with `--behind-proxy 127.0.0.1 --public-url https://backup.example.org`.

## Slow and silent clients

| what a client does | what happens |
|---|---|
| connects and does not send a whole request header, or leaves a connection idle | closed after `header_timeout`; a TLS handshake has 10 seconds |
| pauses within a body that it sends, or takes nothing of an answer | broken off after `body_timeout`; what was uploaded is gone |
| is refused while it still sends a body | the answer goes out at once; up to 32 MiB more are taken for 30 seconds, so that it arrives |
| leaves an HTTP/2 connection, or a WebSocket, without a word | noticed by a ping every 30 seconds |
| is one of more than `max_connections` | closed at once |

Each connection takes a file descriptor, and files of repositories take more: the server takes as many as the system allows \
it (`LimitNOFILE=` of systemd), which must be well above `max_connections`.

## Two people change the same thing

Plans, repositories, pools, users and settings have a version, in their body and as `ETag`. A `PUT`, `PATCH` or `DELETE` of one \
must carry `If-Match` with the ETag that was read: without it the answer is 428 `request.if_match_missing`, with another \
version 412 `request.stale`, and nothing is changed. `If-Match: *` overwrites whatever is there. What is only made and removed \
(sessions, tokens, restic clients, recovery points) has no version and needs no header.
";

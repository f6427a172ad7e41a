//! Redis, and what speaks as it does: Valkey, KeyDB. Asked in its own protocol, without a password.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::super::process::Process;
use super::{Attempt, Database, DatabaseKind, Method, Outcome};
use crate::path::HostPath;

const PROGRAMS: [&str; 4] = ["redis-server", "redis-check-rdb", "valkey-server", "keydb-server"];
const PATIENCE: Duration = Duration::from_secs(3);
/// `INFO` is a few thousand bytes.
const ANSWER_BYTES: usize = 1 << 20;

pub fn find(processes: &[Process]) -> Vec<Database> {
    let servers = processes.iter().filter(|process| PROGRAMS.contains(&process.program_name()));
    servers.map(running).collect()
}

fn running(process: &Process) -> Database {
    let mut database = Database::of_process(DatabaseKind::Redis, process);
    // It works in the folder that it saves to. CONFIG may be renamed or forbidden, and is not needed.
    database.data_dir = process.working_folder().as_deref().map(HostPath::from).filter(|path| path.as_bytes() != b"/");
    database.measure(Some(process));
    if database.container.is_some() {
        database.note_container_environment(process);
        return database;
    }
    let (port, socket) = (database.port, database.socket.clone());
    let info = database.attempt(Method::NoPassword, || ask(port, socket.as_ref(), "INFO server"));
    database.version = info.as_deref().and_then(|info| field(info, "redis_version:"));
    database
}

fn ask(port: Option<u16>, socket: Option<&HostPath>, command: &str) -> Attempt<String> {
    let answer = match (port, socket) {
        (Some(port), _) => by_port(port, command),
        (None, Some(socket)) => by_socket(socket, command),
        (None, None) => return Err((Outcome::NotTried, "it listens nowhere".to_owned())),
    };
    let answer = answer.map_err(|error| (Outcome::NotTried, error.to_string()))?;
    match answer.strip_prefix('-') {
        Some(error) => Err((Outcome::Refused, error.lines().next().unwrap_or_default().to_owned())),
        None => Ok(answer),
    }
}

fn by_port(port: u16, command: &str) -> io::Result<String> {
    let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    say(&stream, command)
}

fn by_socket(socket: &HostPath, command: &str) -> io::Result<String> {
    let stream = UnixStream::connect(socket.as_path())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    say(&stream, command)
}

/// An inline command and its answer: an error line, or a text with its length before it.
fn say<S>(stream: &S, command: &str) -> io::Result<String>
where
    for<'s> &'s S: Read + Write,
{
    let (mut stream, until) = (stream, Instant::now() + PATIENCE);
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&bytes) {
        if Instant::now() >= until || bytes.len() > ANSWER_BYTES {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") else { return false };
    let Some(length) = bytes.strip_prefix(b"$") else { return true };
    let length = std::str::from_utf8(&length[..end - 1]).ok().and_then(|text| text.parse::<usize>().ok());
    length.is_none_or(|length| bytes.len() >= end + 2 + length.min(ANSWER_BYTES) + 2)
}

fn field(info: &str, name: &str) -> Option<String> {
    info.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_says_so() {
        for (bytes, whole) in [
            (&b"$11\r\nredis_ver"[..], false),
            (b"$5\r\nabcde\r", false),
            (b"$5\r\nabcde\r\n", true),
            (b"-NOAUTH Authentication required.\r\n", true),
            (b"$-1\r\n", true),
            (b"$5", false),
        ] {
            assert_eq!(is_whole(bytes), whole, "{}", String::from_utf8_lossy(bytes));
        }
    }
}

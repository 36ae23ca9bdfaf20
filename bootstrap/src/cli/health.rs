//! `tenantry health`: for who watches a process and has no other client.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream, ToSocketAddrs},
    process::ExitCode,
    time::Duration,
};

use super::{Options, output::say};
use crate::error::StartError;

/// How long connecting, and each part of the answer, may take.
const BOUND: Duration = Duration::from_secs(3);

pub(super) fn run(options: &Options, worker: bool) -> Result<ExitCode, StartError> {
    let config = options.load()?;
    let port = if worker {
        let port = config.worker.port;
        port.ok_or_else(|| StartError::setting("worker.port", "is where to ask; none is given"))?
    } else {
        config.http.port
    };
    let host = &config.http.host;
    let answer = ask(host, port)
        .map_err(|error| StartError::io(format!("{host}:{port} does not answer"), error))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    say(body.trim_end());
    let status = head.split(' ').nth(1);
    Ok(if status == Some("200") {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn ask(host: &str, port: u16) -> std::io::Result<String> {
    let mut failed = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for mut address in (host, port).to_socket_addrs()? {
        // What listens everywhere is here too.
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        match TcpStream::connect_timeout(&address, BOUND) {
            Ok(stream) => return question(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn question(mut stream: TcpStream) -> std::io::Result<String> {
    stream.set_read_timeout(Some(BOUND))?;
    stream.set_write_timeout(Some(BOUND))?;
    let address = stream.peer_addr()?;
    write!(
        stream,
        "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

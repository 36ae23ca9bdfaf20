//! `tenantry health`: a health check without an HTTP client.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream, ToSocketAddrs},
    process::ExitCode,
    time::Duration,
};

use super::{options::Options, output::print};
use crate::error::StartError;

/// The timeout of the connection, and of each read and write.
const TIMEOUT: Duration = Duration::from_secs(3);

pub(super) fn run(options: &Options, worker: bool) -> Result<ExitCode, StartError> {
    let config = options.load()?;
    let port = if worker {
        let port = config.worker.port;
        port.ok_or_else(|| StartError::setting("worker.port", "missing; set the port to check"))?
    } else {
        config.http.port
    };
    let host = &config.http.host;
    let response = get_ready(host, port)
        .map_err(|error| StartError::io(format!("no response from {host}:{port}"), error))?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    print(body.trim_end());
    let status = head.split(' ').nth(1);
    Ok(if status == Some("200") {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn get_ready(host: &str, port: u16) -> std::io::Result<String> {
    let mut failure = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for mut address in (host, port).to_socket_addrs()? {
        // A server that listens on all interfaces also listens on loopback.
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => return exchange(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn exchange(mut stream: TcpStream) -> std::io::Result<String> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let address = stream.peer_addr()?;
    write!(
        stream,
        "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

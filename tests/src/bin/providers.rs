//! The providers of the suites, for developers and scripts.
//!
//! ```text
//! providers start               starts all servers and prints how to use them
//! providers list                prints section, kind, title, gap and its version
//! providers servers             prints variable or -, title, words, installer and hint
//! providers combinations [all]  prints combinations of providers
//! providers cleanup             removes the namespaces on standard input
//! ```

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]

use std::{
    io::{self, BufRead},
    process::ExitCode,
};

use futures_util::{StreamExt, stream};
use tenantry_tests::{
    harness::providers::{PROGRAMS, PROVIDERS, Program, Server, combinations},
    services::cleanup::CLEANUP,
};
use tokio::signal::ctrl_c;

/// The number of namespaces removed concurrently.
const CONCURRENCY: usize = 8;

#[tokio::main]
async fn main() -> io::Result<ExitCode> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["start"] => start().await?,
        ["list"] => list(),
        ["servers"] => servers(),
        ["combinations"] => print_all(&combinations::few()),
        ["combinations", "all"] => print_all(&combinations::all()),
        [CLEANUP] => clean_up().await?,
        _ => {
            eprintln!("usage: providers start|list|servers|combinations [all]|{CLEANUP}");
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts all servers, and runs until it is interrupted.
async fn start() -> io::Result<()> {
    for provider in PROVIDERS.iter().filter(|it| it.server.is_some()) {
        let section = provider.section.name();
        println!("# {section}: {} ({})", provider.kind, provider.title);
        let namespace = provider.namespace_under_load().await;
        for (key, value) in namespace.variables(&section.to_uppercase()) {
            println!("{key}='{value}'");
        }
        println!();
    }
    println!("# the servers run until this program ends (Ctrl-C)");
    ctrl_c().await
}

fn list() {
    for provider in PROVIDERS {
        let fields = [
            provider.section.name(),
            provider.kind,
            provider.title,
            provider.gap,
            provider.gap_version,
        ];
        println!("{}", fields.join("\t"));
    }
}

/// Prints each server once, even if several sections use it, and each further
/// program.
fn servers() {
    let mut printed = Vec::new();
    for provider in PROVIDERS {
        let Some(server) = &provider.server else {
            continue;
        };
        if !printed.contains(&server.variable) {
            printed.push(server.variable);
            let Server {
                variable,
                words,
                install,
                hint,
                ..
            } = server;
            println!("{variable}\t{}\t{words}\t{install}\t{hint}", provider.title);
        }
    }
    for program in PROGRAMS {
        let Program {
            title,
            words,
            install,
            hint,
        } = program;
        println!("-\t{title}\t{words}\t{install}\t{hint}");
    }
}

fn print_all(combinations: &[impl ToString]) {
    for combination in combinations {
        println!("{}", combination.to_string());
    }
}

/// Removes namespaces after standard input closes, so that the process that
/// used them has ended.
async fn clean_up() -> io::Result<()> {
    let lines = io::stdin().lock().lines().collect::<io::Result<Vec<_>>>()?;
    let removals = stream::iter(&lines);
    removals.for_each_concurrent(CONCURRENCY, remove).await;
    Ok(())
}

async fn remove(line: &String) {
    let Some((variable, name)) = line.split_once('\t') else {
        eprintln!("cannot remove {line:?}: expected a variable, a tab and a name");
        return;
    };
    let server = PROVIDERS.iter().find_map(|provider| {
        let server = provider.server.as_ref()?;
        (server.variable == variable).then_some(server.open)
    });
    let Some(open) = server else {
        eprintln!("cannot remove {name}: {variable} is not the variable of a server");
        return;
    };
    let (server, name) = (open().await, name.to_owned());
    // A panic must not keep the other namespaces from being removed.
    let removed = tokio::spawn(async move { server.remove(&name).await });
    if let Err(error) = removed.await {
        eprintln!("cannot remove {line:?}: {error}");
    }
}

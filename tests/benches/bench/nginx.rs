//! nginx, serving a folder.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use tempfile::TempDir;

/// A running nginx.
pub(crate) struct Nginx {
    child: Child,
    address: String,
    _folder: TempDir,
}

impl Nginx {
    /// Starts nginx on a free port.
    pub(crate) fn serve(root: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address").to_string();
        drop(free);
        let folder = TempDir::new().expect("a folder");
        let configuration = folder.path().join("nginx.conf");
        fs::write(&configuration, text(&address, root)).expect("written");
        let child = Command::new("nginx")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&configuration)
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx");
        while TcpStream::connect(&address).is_err() {
            sleep(Duration::from_millis(10));
        }
        Self {
            child,
            address,
            _folder: folder,
        }
    }

    /// Returns the address, `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It has no worker processes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(address: &str, root: &Path) -> String {
    let root = root.display();
    format!(
        "daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log stderr crit;\n\
         events {{ worker_connections 512; }}\n\
         http {{\n\
           access_log off; sendfile on; tcp_nopush on;\n\
           client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n\
           uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
           server {{ listen {address}; root {root}; }}\n\
         }}\n"
    )
}

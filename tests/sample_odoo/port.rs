//! A port that stays ours while nothing listens on it: another server could be given it meanwhile.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// A port of this machine, until it is dropped.
pub struct Port {
    pub address: SocketAddr,
    /// Bound, and never listening: connections are refused unless somebody else does.
    _reserved: Socket,
}

impl Port {
    /// Takes the port; where the address has none, a free one. Fails where it is taken.
    pub fn take(address: SocketAddr) -> io::Result<Port> {
        if address.port() != 0 {
            // without sharing, so that a port which another server has is an error
            drop(TcpListener::bind(address)?);
        }
        let reserved = bound(address)?;
        let address = reserved.local_addr()?.as_socket().ok_or(io::ErrorKind::Unsupported)?;
        Ok(Port { address, _reserved: reserved })
    }

    /// Listens on it. Fails while another listener of ours does.
    pub fn listen(&self) -> io::Result<TcpListener> {
        let socket = bound(self.address)?;
        socket.listen(128)?;
        Ok(socket.into())
    }
}

/// A socket that shares its port with others of this process.
fn bound(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

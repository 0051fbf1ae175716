//! A client's connection, plain or over TLS.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Buffered for reading, direct for writing.
pub struct Stream {
    reader: BufReader<Way>,
    socket: TcpStream,
}

enum Way {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Stream {
    /// Begins to talk; the TLS handshake comes with the first byte.
    pub fn open(socket: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<Stream> {
        socket.set_nonblocking(false)?;
        socket.set_nodelay(true)?;
        let way = match tls {
            None => Way::Plain(socket.try_clone()?),
            Some(tls) => {
                let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
                Way::Tls(Box::new(StreamOwned::new(connection, socket.try_clone()?)))
            }
        };
        Ok(Stream { reader: BufReader::new(way), socket })
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.flush()
    }

    /// Whether the client has ended the connection.
    pub fn is_left(&self) -> bool {
        let look = || {
            self.socket.set_read_timeout(Some(Duration::from_millis(1)))?;
            let seen = self.socket.peek(&mut [0]);
            self.socket.set_read_timeout(None)?;
            seen
        };
        match look() {
            // over TLS the goodbye is a message
            Ok(seen) => seen == 0 || matches!(self.reader.get_ref(), Way::Tls(_)),
            Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        }
    }

    /// Ends the connection at once, which the other side sees as a reset.
    pub fn reset(self) -> io::Result<()> {
        socket2::SockRef::from(&self.socket).set_linger(Some(Duration::ZERO))
    }

    /// Ends the connection in order, so far as TCP is concerned: over TLS without a goodbye.
    pub fn close(self) -> io::Result<()> {
        self.socket.shutdown(Shutdown::Both)
    }
}

impl Read for Way {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Way::Plain(socket) => socket.read(buffer),
            Way::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl BufRead for Stream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.reader.get_mut() {
            Way::Plain(socket) => socket.write(bytes),
            Way::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.reader.get_mut() {
            Way::Plain(socket) => socket.flush(),
            Way::Tls(stream) => stream.flush(),
        }
    }
}

//! The sockets: a thread that accepts, and one per connection.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::port::Port;

/// Serves a connection until it returns.
type Serve = dyn Fn(&mut Connection, &Stop) + Send + Sync;

/// A client's connection: buffered for reading, direct for writing.
pub struct Connection {
    reader: BufReader<TcpStream>,
}

/// Tells the threads to stop.
#[derive(Default)]
pub struct Stop {
    state: Mutex<Open>,
    stopped: Condvar,
}

#[derive(Default)]
struct Open {
    stopped: bool,
    next: u64,
    streams: HashMap<u64, TcpStream>,
    threads: Vec<JoinHandle<()>>,
}

/// A listening server; dropping it ends all its connections and threads.
pub struct Server {
    pub address: SocketAddr,
    stop: Arc<Stop>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(port: &Port, serve: impl Fn(&mut Connection, &Stop) + Send + Sync + 'static) -> io::Result<Server> {
        let (listener, address) = (port.listen()?, port.address);
        let stop = Arc::new(Stop::default());
        let serve: Arc<Serve> = Arc::new(serve);
        let acceptor = {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    if stop.is_stopped() {
                        return;
                    }
                    // a client that is gone again before it is accepted is no failure of the server
                    if let Ok(stream) = stream {
                        stop.serve(stream, &serve);
                    }
                }
            })
        };
        Ok(Server { address, stop, acceptor: Some(acceptor) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let threads = {
            let mut open = self.stop.lock();
            open.stopped = true;
            for stream in open.streams.values() {
                // it may be closed already
                let _ = stream.shutdown(Shutdown::Both);
            }
            std::mem::take(&mut open.threads)
        };
        self.stop.stopped.notify_all();
        // wakes the acceptor, which then sees that it is to stop
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        for thread in self.acceptor.take().into_iter().chain(threads) {
            if let Err(panic) = thread.join() {
                eprintln!("sample Odoo: a thread panicked: {panic:?}");
            }
        }
    }
}

impl Stop {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Waits so long, or without end; returns early when the server stops.
    pub fn wait(&self, time: Option<Duration>) {
        let until = time.map(|time| Instant::now() + time);
        let mut open = self.lock();
        while !open.stopped {
            let left = match until {
                Some(until) => until.saturating_duration_since(Instant::now()),
                None => Duration::from_secs(3600),
            };
            if left.is_zero() {
                return;
            }
            open = self.stopped.wait_timeout(open, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn serve(self: &Arc<Stop>, stream: TcpStream, serve: &Arc<Serve>) {
        // small answers must not wait for an acknowledgement
        let copy = stream.set_nodelay(true).and_then(|()| stream.try_clone());
        let mut open = self.lock();
        let (false, Ok(copy)) = (open.stopped, copy) else {
            return;
        };
        let number = open.next;
        open.next += 1;
        open.streams.insert(number, copy);
        let (stop, serve) = (Arc::clone(self), Arc::clone(serve));
        open.threads.retain(|thread| !thread.is_finished());
        open.threads.push(std::thread::spawn(move || {
            // also where serving panics: the client must see the connection end
            let _forget = Forget { stop: &stop, number };
            let mut connection = Connection { reader: BufReader::with_capacity(64 << 10, stream) };
            serve(&mut connection, &stop);
        }));
    }
}

/// Takes a connection off the list when its thread ends.
struct Forget<'a> {
    stop: &'a Stop,
    number: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.stop.lock().streams.remove(&self.number);
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl BufRead for Connection {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.reader.get_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.reader.get_mut().flush()
    }
}

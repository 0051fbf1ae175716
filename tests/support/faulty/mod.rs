//! A way to a sample Odoo that can be made to fail: a proxy over real sockets, with or without TLS.

mod answer;
mod stream;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use crate::access::Access;
use crate::port::Port;
use crate::sample_odoo::http::Request;
use crate::sample_odoo::{RecordedRequest, SampleOdoo};

pub use answer::{Answer, Step};
use stream::Stream;

/// How often something that may end is looked at.
const PAUSE: Duration = Duration::from_millis(2);

/// What becomes of an answer: None where it is handed over as it is.
type Spoil = dyn Fn(&RecordedRequest, &Answer) -> Option<Vec<Step>> + Send + Sync;

/// The way. It is closed when this is dropped.
pub struct FaultyOdoo {
    access: Access,
    port: Port,
    shared: Arc<Shared>,
}

/// A request that came along.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub at: Instant,
    pub request: RecordedRequest,
    pub is_spoiled: bool,
}

struct Shared {
    upstream: String,
    agent: ureq::Agent,
    tls: Mutex<Option<Arc<ServerConfig>>>,
    spoil: Mutex<Option<Arc<Spoil>>>,
    arrivals: Mutex<Vec<Arrival>>,
    /// How many connections were accepted.
    connections: Mutex<usize>,
    state: Mutex<State>,
    /// How many threads listen.
    listeners: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    Away,
    Stopped,
}

impl FaultyOdoo {
    /// A way to that sample.
    pub fn before(sample: &SampleOdoo) -> FaultyOdoo {
        FaultyOdoo::start(sample, None)
    }

    /// The same over TLS.
    pub fn over_tls(sample: &SampleOdoo, tls: Arc<ServerConfig>) -> FaultyOdoo {
        FaultyOdoo::start(sample, Some(tls))
    }

    fn start(sample: &SampleOdoo, tls: Option<Arc<ServerConfig>>) -> FaultyOdoo {
        let port = Port::take((Ipv4Addr::LOCALHOST, 0).into()).expect("127.0.0.1 has a free port");
        let address = port.address;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
        let shared = Arc::new(Shared {
            upstream: sample.url.clone(),
            agent: config.build().into(),
            tls: Mutex::new(tls),
            spoil: Mutex::default(),
            arrivals: Mutex::default(),
            connections: Mutex::default(),
            state: Mutex::new(State::Open),
            listeners: AtomicUsize::new(0),
        });
        accept(port.listen().expect("it is ours"), Arc::clone(&shared));
        let access = Access { url: format!("{scheme}://{address}"), ..Access::from(sample) };
        FaultyOdoo { access, port, shared }
    }

    /// How to get into Odoo by this way.
    pub fn access(&self) -> Access {
        self.access.clone()
    }

    /// Speaks TLS by another certificate from now on, on new connections.
    pub fn set_tls(&self, tls: Arc<ServerConfig>) {
        *lock(&self.shared.tls) = Some(tls);
    }

    /// Decides from now on what becomes of each answer, by the request and the answer. A later call replaces an earlier
    /// one.
    pub fn spoil(&self, spoil: impl Fn(&RecordedRequest, &Answer) -> Option<Vec<Step>> + Send + Sync + 'static) {
        *lock(&self.shared.spoil) = Some(Arc::new(spoil));
    }

    /// Hands all answers over as they are.
    pub fn heal(&self) {
        *lock(&self.shared.spoil) = None;
    }

    /// Listens again after a [`Step::Vanish`].
    pub fn come_back(&self) {
        let mut state = lock(&self.shared.state);
        if *state == State::Away {
            *state = State::Open;
            let listener = self.port.listen().expect("it is ours");
            accept(listener, Arc::clone(&self.shared));
        }
    }

    /// Whether nothing listens here.
    pub fn is_away(&self) -> bool {
        *lock(&self.shared.state) == State::Away
    }

    /// The requests so far, in the order of their arrival.
    pub fn arrivals(&self) -> Vec<Arrival> {
        lock(&self.shared.arrivals).clone()
    }

    /// How many requests had their answers spoiled.
    pub fn spoiled(&self) -> usize {
        lock(&self.shared.arrivals).iter().filter(|arrival| arrival.is_spoiled).count()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        lock(&self.shared.arrivals).clear();
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        *lock(&self.shared.connections)
    }
}

impl Drop for FaultyOdoo {
    fn drop(&mut self) {
        *lock(&self.shared.state) = State::Stopped;
    }
}

/// Takes in connections until the way is closed, each in a thread of its own.
fn accept(listener: TcpListener, shared: Arc<Shared>) {
    listener.set_nonblocking(true).expect("a listener can be looked at");
    shared.listeners.fetch_add(1, Ordering::SeqCst);
    std::thread::spawn(move || {
        while *lock(&shared.state) == State::Open {
            let Ok((socket, _)) = listener.accept() else {
                std::thread::sleep(PAUSE);
                continue;
            };
            *lock(&shared.connections) += 1;
            let shared = Arc::clone(&shared);
            // a client that breaks off is its own affair
            std::thread::spawn(move || shared.serve(socket).unwrap_or_default());
        }
        drop(listener);
        shared.listeners.fetch_sub(1, Ordering::SeqCst);
    });
}

impl Shared {
    /// Waits until nothing listens any more, so that whoever is broken off and comes again is refused.
    fn await_closed(&self) {
        while *lock(&self.state) == State::Away && self.listeners.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(PAUSE);
        }
    }

    fn serve(&self, socket: TcpStream) -> std::io::Result<()> {
        let tls = lock(&self.tls).clone();
        let mut stream = Stream::open(socket, tls)?;
        while let Some(request) = Request::read(&mut stream)? {
            if *lock(&self.state) != State::Open {
                self.await_closed();
                return stream.reset();
            }
            let recorded = RecordedRequest::of(&request);
            let at = Instant::now();
            let answer = self.ask(&request)?;
            let spoil = lock(&self.spoil).clone();
            let steps = spoil.and_then(|spoil| spoil(&recorded, &answer));
            lock(&self.arrivals).push(Arrival { at, request: recorded, is_spoiled: steps.is_some() });
            for step in steps.unwrap_or_else(|| answer.steps()) {
                match step {
                    Step::Send(bytes) => stream.send(&bytes)?,
                    Step::Drip(bytes, pause) => {
                        for byte in bytes {
                            stream.send(&[byte])?;
                            std::thread::sleep(pause);
                        }
                    }
                    Step::Stall => {
                        while *lock(&self.state) != State::Stopped && !stream.is_left() {
                            std::thread::sleep(PAUSE);
                        }
                        return Ok(());
                    }
                    Step::Reset => return stream.reset(),
                    Step::Close => return stream.close(),
                    Step::Vanish => {
                        *lock(&self.state) = State::Away;
                        self.await_closed();
                        return stream.reset();
                    }
                }
            }
        }
        Ok(())
    }

    /// Has Odoo answer.
    fn ask(&self, request: &Request) -> std::io::Result<Answer> {
        let url = format!("{}{}", self.upstream, request.path);
        let passed = ["authorization", "x-odoo-database", "content-type"];
        let headers = request.headers.iter().filter(|(name, _)| passed.contains(&name.as_str()));
        let response = if request.verb == "GET" {
            headers.fold(self.agent.get(url), |call, (name, value)| call.header(name, value)).call()
        } else {
            headers.fold(self.agent.post(url), |call, (name, value)| call.header(name, value)).send(&request.body[..])
        };
        let mut response = response.map_err(std::io::Error::other)?;
        let kept = |name: &str| matches!(name, "date" | "content-type" | "server");
        let headers = response.headers().iter();
        Ok(Answer {
            status: response.status().as_u16(),
            headers: headers
                .filter(|(name, _)| kept(name.as_str()))
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: response.body_mut().with_config().limit(1 << 30).read_to_vec().map_err(std::io::Error::other)?,
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

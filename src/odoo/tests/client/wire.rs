//! A server that sends prepared bytes, whatever it is asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use odoo::{Cancel, Client, Endpoint, Error, Options, Secret, Url};

/// It answers connection after connection with the next of its answers, and the last one for ever.
pub struct Wire {
    pub url: String,
    received: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    /// Starts one; it ends with the test's process.
    pub fn start(answers: Vec<Vec<u8>>) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        thread::spawn(move || {
            let mut answers = answers.into_iter().peekable();
            while let Ok((stream, _)) = listener.accept() {
                let Some(answer) = answers.peek().cloned() else {
                    return;
                };
                if serve(stream, &answer, &log).is_ok() && answers.len() > 1 {
                    answers.next();
                }
            }
        });
        Wire { url, received }
    }

    /// The requests so far, head and body.
    pub fn received(&self) -> Vec<String> {
        self.received.lock().expect("no thread of the server panicked").clone()
    }

    /// Logs in to it, or tries to.
    pub fn open(&self, options: Options) -> Result<Client, Error> {
        let endpoint = Endpoint {
            url: Url::parse(&self.url, false)?,
            database: "anything".to_owned(),
            login: "somebody".to_owned(),
            secret: Secret::new("a password of somebody's".to_owned()),
        };
        Client::open(endpoint, options, Cancel::new())
    }
}

/// Reads one request and answers it; the connection is closed after it.
fn serve(stream: TcpStream, answer: &[u8], log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    log.lock().expect("nobody panicked").push(head + &String::from_utf8_lossy(&body));
    reader.get_mut().write_all(answer)
}

/// A whole answer with this status line's rest, these header lines and this body.
pub fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// A JSON answer, dated.
pub fn json(body: &str) -> Vec<u8> {
    answer("200 OK", "Content-Type: application/json\r\nDate: Wed, 25 Nov 2026 10:05:49 GMT\r\n", body)
}

/// What an Odoo 17 answers to the three requests of a login by password.
pub fn login() -> Vec<Vec<u8>> {
    vec![
        json(
            r#"{"jsonrpc":"2.0","id":1,"result":{"server_version":"17.0","server_version_info":[17,0,0,"final",0,""]}}"#,
        ),
        json(r#"{"jsonrpc":"2.0","id":1,"result":7}"#),
        json(r#"{"jsonrpc":"2.0","id":1,"result":{"lang":"de_DE","tz":false}}"#),
    ]
}

//! HTTP/1.1 as far as a server of JSON needs it: keep-alive, `Content-Length`, chunked requests.

use std::io::{self, BufRead, Read, Write};

use super::Series;

/// The longest line or body that a client may send.
const LONGEST: u64 = 256 << 20;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub verb: String,
    /// Without the query.
    pub path: String,
    /// In the order of their arrival, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The client wants the connection closed.
    pub close: bool,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// Reads the next request of a connection; None where the client is done.
    pub fn read(connection: &mut (impl BufRead + Write)) -> io::Result<Option<Request>> {
        let Some(first) = read_line(connection)? else {
            return Ok(None);
        };
        let mut words = first.split_whitespace();
        let (Some(verb), Some(target), Some(version)) = (words.next(), words.next(), words.next()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("no request line: {first:?}")));
        };
        let path = target.split('?').next().unwrap_or_default().to_owned();
        let mut request = Request { verb: verb.to_owned(), path, ..Request::default() };
        while let Some(line) = read_line(connection)?.filter(|line| !line.is_empty()) {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("no header: {line:?}")))?;
            request.headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
        }
        if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.close = match request.header("connection") {
            Some(value) if value.eq_ignore_ascii_case("close") => true,
            Some(value) if value.eq_ignore_ascii_case("keep-alive") => false,
            _ => version == "HTTP/1.0",
        };
        if request.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            request.body = read_chunks(connection)?;
        } else if let Some(length) = request.header("content-length") {
            let length: u64 = length
                .parse()
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "no number in Content-Length"))?;
            request.body = read_exactly(connection, length)?;
        }
        Ok(Some(request))
    }

    /// The first header of that (lower case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl Answer {
    pub fn json(series: Series, status: u16, body: Vec<u8>) -> Answer {
        let content_type = if series == Series::V14 { "application/json" } else { "application/json; charset=utf-8" };
        Answer { status, content_type: content_type.to_owned(), headers: Vec::new(), body }
    }

    pub fn html(status: u16, body: &str) -> Answer {
        Answer {
            status,
            content_type: "text/html; charset=utf-8".to_owned(),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// Writes the head and the body, or just so many bytes of the body.
    pub fn write(
        &self,
        connection: &mut impl Write,
        date: &str,
        close: bool,
        truncate: Option<usize>,
    ) -> io::Result<()> {
        let mut out = format!(
            "HTTP/1.1 {} {}\r\nServer: Werkzeug (sample Odoo)\r\nDate: {date}\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
            self.status,
            reason(self.status),
            self.content_type,
            self.body.len()
        );
        for (name, value) in &self.headers {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        out.push_str(if close { "Connection: close\r\n\r\n" } else { "\r\n" });
        let body = &self.body[..truncate.unwrap_or(self.body.len()).min(self.body.len())];
        let mut out = out.into_bytes();
        out.extend_from_slice(body);
        connection.write_all(&out)?;
        connection.flush()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "BAD REQUEST",
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "NOT FOUND",
        409 => "CONFLICT",
        415 => "UNSUPPORTED MEDIA TYPE",
        422 => "UNPROCESSABLE ENTITY",
        429 => "TOO MANY REQUESTS",
        500 => "INTERNAL SERVER ERROR",
        502 => "BAD GATEWAY",
        503 => "SERVICE UNAVAILABLE",
        504 => "GATEWAY TIMEOUT",
        _ => "STATUS",
    }
}

fn read_line(connection: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if connection.take(LONGEST).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

fn read_exactly(connection: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    connection.take(length.min(LONGEST)).read_to_end(&mut body)?;
    if body.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body)
}

fn read_chunks(connection: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(connection)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size =
            u64::from_str_radix(size, 16).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "no chunk size"))?;
        body.extend(read_exactly(connection, size)?);
        // the end of the chunk, or of the trailers
        while read_line(connection)?.is_some_and(|line| size == 0 && !line.is_empty()) {}
        if size == 0 {
            return Ok(body);
        }
    }
}

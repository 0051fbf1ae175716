//! A small Odoo, in this process: the stand-in for the real 14 and 19 in tests and in `make demo`.
//!
//! It answers as the real servers do, as far as an external client can see: both protocols, errors and their statuses,
//! columnar and row reads, domains. What the fields are was captured from real servers (`capture.py`). It has no
//! business logic: whoever writes a record writes what Odoo would have computed, save for stored related fields, which
//! follow their source.

mod calendar;
mod call;
mod columns;
mod company;
mod comparison;
mod computed;
mod database;
mod datum;
pub mod dice;
mod domain;
mod fault;
mod field;
pub mod http;
mod json2;
mod json_text;
mod jsonrpc;
mod matcher;
mod methods;
mod operand;
pub mod port;
mod protocol;
mod reaction;
mod rows;
mod selection;
mod server;
mod signature;
mod table;
mod writing;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::port::Port;

use calendar::Clock;
use computed::Source;
use database::Database;
use datum::Datum;
use fault::Fault;
use field::Field;
use http::{Answer, Request};
use protocol::Account;
use server::{Connection, Server, Stop};

pub use reaction::{Reaction, RecordedRequest};

/// Which Odoo to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Series {
    /// 14.0: JSON-RPC only.
    V14,
    /// 19.0: JSON-2 and JSON-RPC.
    V19,
}

/// How much there is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// So many invoices and other journal entries, and purchase and sales orders in proportion.
    pub documents: usize,
}

impl Default for Size {
    fn default() -> Size {
        Size { documents: 60 }
    }
}

/// A field to add to a model.
#[derive(Clone, Debug)]
pub struct FieldSpec {
    pub name: String,
    /// Odoo's field type: `char`, `many2one`, …
    pub kind: String,
    /// The label.
    pub string: String,
    /// The model that a many2one, one2many or many2many points to.
    pub relation: Option<String>,
    /// False: computed, and refused in columnar reads.
    pub stored: bool,
}

impl FieldSpec {
    /// A stored field of that name and Odoo type.
    pub fn new(name: &str, kind: &str) -> FieldSpec {
        FieldSpec {
            name: name.to_owned(),
            kind: kind.to_owned(),
            string: name.to_owned(),
            relation: None,
            stored: true,
        }
    }
}

/// The API key of the samples' user.
const SECRET: &str = "5a3b1e0df0c94c7e8a6d2f41b7905c3e6d8f2a14";

/// A running sample Odoo. It stops when it is dropped.
pub struct SampleOdoo {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    pub database: String,
    pub login: String,
    /// An API key. The password `admin` works over JSON-RPC too.
    pub secret: String,
    shared: Arc<Shared>,
    port: Port,
    /// None while it is stopped.
    server: Option<Server>,
}

/// Decides what happens to a request.
type Decide = dyn Fn(&RecordedRequest) -> Reaction + Send + Sync;

/// What the connections share.
struct Shared {
    account: Account,
    database: RwLock<Database>,
    clock: Mutex<Clock>,
    requests: Mutex<Vec<RecordedRequest>>,
    decide: Mutex<Option<Arc<Decide>>>,
}

impl SampleOdoo {
    /// Starts one on a free port of 127.0.0.1, with a small company in it.
    pub fn start(series: Series) -> SampleOdoo {
        SampleOdoo::start_with(series, Size::default())
    }

    /// The same, with so many documents.
    pub fn start_with(series: Series, size: Size) -> SampleOdoo {
        SampleOdoo::listen(series, size, (Ipv4Addr::LOCALHOST, 0).into()).expect("127.0.0.1 has a free port")
    }

    /// The same, on that address. Fails where the address is taken.
    pub fn listen(series: Series, size: Size, address: SocketAddr) -> std::io::Result<SampleOdoo> {
        SampleOdoo::serve(series, size, address, SECRET)
    }

    /// One whose user has another secret.
    pub fn with_secret(series: Series, secret: &str) -> SampleOdoo {
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        SampleOdoo::serve(series, Size::default(), address, secret).expect("127.0.0.1 has a free port")
    }

    fn serve(series: Series, size: Size, address: SocketAddr, secret: &str) -> std::io::Result<SampleOdoo> {
        let mut database = Database::new(series);
        company::found(&mut database, size.documents);
        let account = Account { database: "sample".to_owned(), login: "admin".to_owned(), secret: secret.to_owned() };
        let (name, login, secret) = (account.database.clone(), account.login.clone(), account.secret.clone());
        let shared = Arc::new(Shared {
            account,
            database: RwLock::new(database),
            clock: Mutex::default(),
            requests: Mutex::default(),
            decide: Mutex::default(),
        });
        let port = Port::take(address)?;
        let server = shared.start(&port)?;
        Ok(SampleOdoo {
            url: format!("http://{}", server.address),
            database: name,
            login,
            secret,
            shared,
            port,
            server: Some(server),
        })
    }

    /// Stops it: connections break, new ones are refused. What is in it stays.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Starts it again, on the same address.
    pub fn resume(&mut self) {
        self.server = Some(self.shared.start(&self.port).expect("it is ours"));
    }

    /// Makes a record, as somebody in Odoo would, and gives its id. An `id` among the values is taken.
    /// Dates and datetimes are text, many2ones ids, many2manys arrays of ids, `false` and null empty.
    pub fn create(&self, model: &str, values: Value) -> i64 {
        let now = self.now();
        let mut database = self.shared.write();
        let values = stored(&database, model, &values);
        database.create(model, now, values)
    }

    /// Changes records; their `write_date` becomes the server's clock, unless it is among the values.
    pub fn write(&self, model: &str, ids: &[i64], values: Value) {
        self.change(model, ids, &values, false);
    }

    /// Changes records and leaves their `write_date`, as Odoo's raw SQL does.
    pub fn write_quietly(&self, model: &str, ids: &[i64], values: Value) {
        self.change(model, ids, &values, true);
    }

    /// Deletes records, and what Odoo deletes with them.
    pub fn unlink(&self, model: &str, ids: &[i64]) {
        let mut database = self.shared.write();
        for id in ids {
            database.unlink(model, *id);
        }
    }

    /// All records of a model by id, archived ones too: what is stored, computed fields as they are now, and one2manys
    /// as ids. Nulls are nulls, datetimes have their microseconds.
    pub fn records(&self, model: &str) -> Vec<Map<String, Value>> {
        let database = self.shared.read();
        let table = database.expect(model);
        let sources: Vec<(&Field, Source)> =
            table.live().map(|(_, field)| (field, Source::new(&database, model, field))).collect();
        let record =
            |row| sources.iter().map(|(field, source)| (field.name.clone(), source.get(row).to_json())).collect();
        table.rows.values().map(record).collect()
    }

    /// Stops the server's clock at that moment. `write_date` and the HTTP `Date` header come from it.
    pub fn set_clock(&self, now: SystemTime) {
        lock(&self.shared.clock).stop_at(now);
    }

    /// Moves the server's clock on.
    pub fn advance(&self, by: Duration) {
        lock(&self.shared.clock).advance(by);
    }

    /// All requests so far, in the order of their arrival.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.shared.requests).clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        lock(&self.shared.requests).clear();
    }

    /// Decides about each request from now on. A later call replaces an earlier one.
    pub fn on_request(&self, decide: impl Fn(&RecordedRequest) -> Reaction + Send + Sync + 'static) {
        *lock(&self.shared.decide) = Some(Arc::new(decide));
    }

    /// The model is not installed.
    pub fn drop_model(&self, model: &str) {
        self.shared.write().drop_model(model);
    }

    /// The model lacks the field from now on, and its data are gone.
    pub fn drop_field(&self, model: &str, field: &str) {
        self.shared.write().drop_field(model, field);
    }

    /// The model has one more field, empty everywhere.
    pub fn add_field(&self, model: &str, field: FieldSpec) {
        self.shared.write().add_field(model, Field::added(&field));
    }

    /// The user may not read the model.
    pub fn deny_model(&self, model: &str) {
        self.shared.write().denied.insert(model.to_owned());
    }

    /// The user may read the model again.
    pub fn allow_model(&self, model: &str) {
        self.shared.write().denied.remove(model);
    }

    /// A record rule keeps the record from the user: searches pass over it, a read by id fails.
    pub fn hide_record(&self, model: &str, id: i64) {
        self.shared.write().hidden.insert((model.to_owned(), id));
    }

    /// Each read that has the record in it fails with an error of that class (`builtins.ZeroDivisionError`), as one of
    /// a field that cannot be computed does; searches and counts do not.
    pub fn break_record(&self, model: &str, id: i64, class: &str, message: &str) {
        self.shared.write().broken.insert((model.to_owned(), id), Fault::new(class, message));
    }

    /// Each row read of the field fails with an error of that class, for these records or for all, as where a computed
    /// field raises.
    pub fn break_field(&self, model: &str, field: &str, ids: Option<&[i64]>, class: &str, message: &str) {
        let broken = (ids.map(<[i64]>::to_vec), Fault::new(class, message));
        self.shared.write().broken_fields.insert((model.to_owned(), field.to_owned()), broken);
    }

    /// Undoes [`break_field`](Self::break_field).
    pub fn mend_field(&self, model: &str, field: &str) {
        self.shared.write().broken_fields.remove(&(model.to_owned(), field.to_owned()));
    }

    /// Undoes [`hide_record`](Self::hide_record) and [`break_record`](Self::break_record).
    pub fn mend_record(&self, model: &str, id: i64) {
        let mut database = self.shared.write();
        database.hidden.remove(&(model.to_owned(), id));
        database.broken.remove(&(model.to_owned(), id));
    }

    fn change(&self, model: &str, ids: &[i64], values: &Value, quietly: bool) {
        let now = self.now();
        let mut database = self.shared.write();
        let values = stored(&database, model, values);
        for id in ids {
            database.write(model, *id, now, quietly, &values);
        }
    }

    fn now(&self) -> i64 {
        lock(&self.shared.clock).now()
    }
}

impl Shared {
    fn start(self: &Arc<Shared>, port: &Port) -> std::io::Result<Server> {
        let serving = Arc::clone(self);
        Server::start(port, move |connection, stop| serving.serve(connection, stop))
    }

    fn serve(&self, connection: &mut Connection, stop: &Stop) {
        // a client that vanishes or talks nonsense is its own affair: the connection ends
        while let Ok(Some(request)) = Request::read(connection) {
            let recorded = RecordedRequest::of(&request);
            lock(&self.requests).push(recorded.clone());
            let decide = lock(&self.decide).clone();
            let (answer, truncate) = match decide.map_or(Reaction::Answer, |decide| decide(&recorded)) {
                Reaction::Answer => (self.answer(&request), None),
                Reaction::Stall => return stop.wait(None),
                Reaction::Drop => return,
                Reaction::Status(status, content_type, body) => {
                    (Answer { status, content_type, headers: Vec::new(), body: body.into_bytes() }, None)
                }
                Reaction::Truncate(length) => (self.answer(&request), Some(length)),
                Reaction::Delay(time) => {
                    stop.wait(Some(time));
                    (self.answer(&request), None)
                }
                Reaction::Error(class, message) => {
                    (protocol::error(&self.read(), &request, &Fault::new(&class, message)), None)
                }
            };
            let date = calendar::http_date(lock(&self.clock).now());
            let close = request.close || truncate.is_some();
            if answer.write(connection, &date, close, truncate).is_err() || close {
                return;
            }
        }
    }

    fn answer(&self, request: &Request) -> Answer {
        protocol::answer(&self.read(), &self.account, request)
    }

    fn read(&self) -> RwLockReadGuard<'_, Database> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Database> {
        self.database.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stored form of a test's values. Panics where the model lacks a field, or the value is none for it.
fn stored(database: &Database, model: &str, values: &Value) -> Vec<(String, Datum)> {
    let table = database.expect(model);
    let Value::Object(values) = values else { panic!("the values of a {model} are an object, not {values}") };
    let datum = |(name, value): (&String, &Value)| {
        let field = table.field(name).unwrap_or_else(|| panic!("{model} has no field {name}"));
        assert!(database.can_write(model, field), "{model}.{name} is computed: write what it is computed from");
        (name.clone(), Datum::from_json(field, value).unwrap_or_else(|problem| panic!("{model}: {problem}")))
    };
    values.iter().map(datum).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

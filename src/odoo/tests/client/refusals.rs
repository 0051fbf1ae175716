//! What Odoo refuses, in either protocol and version: each has its own kind, one message, and most a hint.

use odoo::{Client, Domain, Error, ErrorKind, Field, FieldKind, Read, Secret};
use sample_odoo::{Reaction, Series};
use serde_json::{Map, Value, json};

use crate::servers::{Server, servers};

/// That an error is of a kind, and fit to be read.
fn check(server: &Server, error: &Error, kind: ErrorKind) {
    assert_eq!(error.kind, kind, "{}: {error:?}", server.name);
    let text = format!("{} {}", error.message, error.hint.as_deref().unwrap_or_default());
    for ugly in ["Traceback", "File \"", "Error {", "\n", "psycopg2.", "odoo.exceptions", "  "] {
        assert!(!text.contains(ugly), "{}: {text:?} has {ugly:?}", server.name);
    }
    if server.secret != server.login {
        assert!(!text.contains(&server.secret), "{}: {text}", server.name);
    }
    assert!(error.message.ends_with(['.', ')']), "{}: {error}", server.name);
}

fn field(name: &str, kind: FieldKind) -> Field {
    Field {
        name: name.to_owned(),
        kind,
        stored: true,
        sortable: true,
        related: None,
        depends: Vec::new(),
        searchable: true,
        company_dependent: false,
        relation: None,
        label: name.to_owned(),
    }
}

fn read(client: &Client, model: &str, columns: &[Field], rows: &[Field]) -> Result<(), Error> {
    client.read(&Read { model, domain: &Domain::all(), columns, rows }).map(|_| ())
}

#[test]
fn a_database_that_is_not_there() {
    for server in servers() {
        let mut names = vec!["no-such-database", "Ünglaublich"];
        // A real PostgreSQL has this one, and Odoo did not make it.
        names.extend(server.sample.is_none().then_some("postgres"));
        for name in names {
            let mut endpoint = server.endpoint();
            endpoint.database = name.to_owned();
            let error = server.open(endpoint).expect_err(name);
            check(&server, &error, ErrorKind::UnknownDatabase);
            assert!(error.message.contains(name) && error.hint.is_some(), "{error:?}");
        }
    }
}

#[test]
fn a_login_that_is_not_there_or_not_the_keys() {
    for server in servers() {
        let mut endpoint = server.endpoint();
        endpoint.login = "nobody@example.com".to_owned();
        let error = server.open(endpoint).expect_err(server.name);
        check(&server, &error, ErrorKind::Authentication);
        assert!(error.message.contains("nobody@example.com") && error.hint.is_some(), "{error:?}");
    }
}

#[test]
fn a_wrong_secret() {
    for server in servers() {
        let mut endpoint = server.endpoint();
        let wrong = if server.secret.len() == 40 { "0".repeat(40) } else { "wrong!".to_owned() };
        endpoint.secret = Secret::new(wrong.clone());
        let error = server.open(endpoint).expect_err(server.name);
        check(&server, &error, ErrorKind::Authentication);
        assert!(error.hint.is_some() && !error.message.contains(&wrong), "{error:?}");
        // The right one still works, so nobody is locked out.
        server.client();
    }
}

#[test]
fn a_model_that_is_not_there() {
    for server in servers() {
        let client = server.client();
        let columns = [field("name", FieldKind::Char)];
        for model in ["no.such.model", "x_nothing"] {
            let errors = [
                client.fields(model).map(|_| ()),
                client.search(model, &Domain::all(), None).map(|_| ()),
                client.count(model, &Domain::all()).map(|_| ()),
                read(&client, model, &columns, &[]),
                read(&client, model, &[], &columns),
                client.columnar(model, &columns).map(|_| ()),
            ];
            for error in errors {
                let error = error.expect_err(model);
                check(&server, &error, ErrorKind::UnknownModel);
                assert!(error.message.contains(model) && error.hint.is_some(), "{error:?}");
            }
        }
    }
}

#[test]
fn names_that_could_go_astray_in_a_url_are_not_sent() {
    for series in [Series::V14, Series::V19] {
        let server = Server::sample(series);
        let client = server.client();
        let sample = server.sample.as_ref().expect("it is one");
        sample.forget_requests();
        for model in ["", ".", "../../web", "res.partner/read?x=", "res partner", "a\r\nHost: b", "modèle"] {
            let error = client.fields(model).expect_err(model);
            assert_eq!(error.kind, ErrorKind::UnknownModel, "{model}: {error}");
            let error = client.call::<Value>("res.partner", model, Map::new()).expect_err(model);
            assert_eq!(error.kind, ErrorKind::Refused, "{model}: {error}");
        }
        assert_eq!(sample.requests().len(), 0, "{}", server.name);
    }
}

#[test]
fn a_field_that_is_not_there() {
    for server in servers() {
        let client = server.client();
        let fields = [field("x_no_such_field", FieldKind::Char)];
        for (columns, rows) in [(&fields[..], &[][..]), (&[], &fields[..])] {
            let error = read(&client, "res.partner", columns, rows).expect_err(server.name);
            check(&server, &error, ErrorKind::Refused);
            assert!(error.message.contains("x_no_such_field"), "{error}");
            assert!(error.message.contains("res.partner"), "{error}");
        }
    }
}

#[test]
fn a_domain_that_odoo_does_not_understand() {
    for server in servers() {
        let client = server.client();
        for domain in [json!([["x_no_such_field", "=", 1]]), json!([["name", "~~", 1]])] {
            let domain = Domain::parse(&domain).expect("its shape is right");
            let error = client.count("res.partner", &domain).expect_err(server.name);
            check(&server, &error, ErrorKind::Refused);
            let error = client.search("res.partner", &domain, None).expect_err(server.name);
            check(&server, &error, ErrorKind::Refused);
        }
    }
}

#[test]
fn a_field_of_a_type_that_has_no_column() {
    for server in servers() {
        let client = server.client();
        let fields = [field("image_1920", FieldKind::Binary)];
        for (columns, rows) in [(&fields[..], &[][..]), (&[], &fields[..])] {
            let error = read(&client, "res.partner", columns, rows).expect_err(server.name);
            assert_eq!(error.kind, ErrorKind::Refused, "{}: {error}", server.name);
            assert!(error.message.contains("image_1920"), "{error}");
        }
    }
}

#[test]
fn a_model_that_the_user_may_not_read() {
    for series in [Series::V14, Series::V19] {
        let server = Server::sample(series);
        let client = server.client();
        let sample = server.sample.as_ref().expect("it is one");
        sample.deny_model("stock.quant");
        let columns = [field("quantity", FieldKind::Float)];
        let errors = [
            client.search("stock.quant", &Domain::all(), None).map(|_| ()),
            client.count("stock.quant", &Domain::all()).map(|_| ()),
            read(&client, "stock.quant", &columns, &[]),
            read(&client, "stock.quant", &[], &columns),
            client.columnar("stock.quant", &columns).map(|_| ()),
        ];
        for error in errors {
            let error = error.expect_err(server.name);
            check(&server, &error, ErrorKind::AccessDenied);
            assert!(error.message.contains("stock.quant") && error.hint.is_some(), "{error:?}");
        }
    }
}

#[test]
fn each_class_of_odoos_exceptions_has_its_kind() {
    for (class, kind) in [
        ("odoo.exceptions.AccessDenied", ErrorKind::Authentication),
        ("odoo.exceptions.AccessError", ErrorKind::AccessDenied),
        ("odoo.exceptions.UserError", ErrorKind::Refused),
        ("odoo.exceptions.ValidationError", ErrorKind::Refused),
        ("odoo.exceptions.MissingError", ErrorKind::Refused),
        ("builtins.ValueError", ErrorKind::Refused),
        ("builtins.ZeroDivisionError", ErrorKind::Server),
        ("builtins.KeyError", ErrorKind::Server),
        ("builtins.MemoryError", ErrorKind::Server),
        ("psycopg2.errors.UndefinedColumn", ErrorKind::Server),
        ("psycopg2.errors.QueryCanceled", ErrorKind::Server),
        ("psycopg2.errors.SerializationFailure", ErrorKind::Busy),
        ("psycopg2.OperationalError", ErrorKind::Busy),
    ] {
        for series in [Series::V14, Series::V19] {
            let server = Server::sample(series);
            let client = server.client();
            let sample = server.sample.as_ref().expect("it is one");
            sample.on_request(move |_| {
                Reaction::Error(class.to_owned(), "What went wrong\nLINE 1: in detail".to_owned())
            });
            let error = client.count("res.partner", &Domain::all()).expect_err(class);
            check(&server, &error, kind);
            assert!(error.message.contains("What went wrong"), "{class}: {error}");
        }
    }
}

#[test]
fn a_long_message_of_odoos_is_cut() {
    let server = Server::sample(Series::V19);
    let client = server.client();
    let sample = server.sample.as_ref().expect("it is one");
    sample.on_request(|_| Reaction::Error("odoo.exceptions.UserError".to_owned(), "ääh… ".repeat(10_000)));
    let error = client.count("res.partner", &Domain::all()).expect_err("it is an error");
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.len() < 500, "{} bytes", error.message.len());
}

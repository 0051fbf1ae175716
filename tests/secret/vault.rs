//! `vault:NAME`: a secret that is in Supabase Vault, here in a schema of the same shape.

use support::session::{Session, literal};

use crate::places::{assert_refused, connect, owner_of_a_connection, unconnected};

/// Vault's table and view, with the secret in clear, since nobody here is to be kept from it but roles.
fn install_vault(session: &mut Session) {
    session.run(
        "CREATE SCHEMA vault;
         CREATE TABLE vault.secrets (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text UNIQUE, description text NOT NULL DEFAULT '',
             secret text NOT NULL, key_id uuid, nonce bytea, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
         CREATE VIEW vault.decrypted_secrets AS
             SELECT id, name, description, secret, secret AS decrypted_secret, key_id, nonce, created_at, updated_at FROM vault.secrets",
    );
}

fn put(session: &mut Session, name: &str, secret: &str) {
    session.run(&format!(
        "INSERT INTO vault.secrets (name, secret) VALUES ({0}, {1}) ON CONFLICT (name) DO UPDATE SET secret = {1}",
        literal(name),
        literal(secret)
    ));
}

const OPTIONS: &str = "SELECT umoptions::text FROM pg_user_mappings WHERE srvname = 'odoo'";

#[test]
fn it_is_read_for_each_run_and_never_kept() {
    let (sample, _, mut session) = unconnected("vaulted");
    install_vault(&mut session);
    // a name may be anything
    let name = "the 'key' of: Odoo";
    put(&mut session, name, &sample.secret);
    session.run(&connect(&sample, &format!("vault:{name}"), ""));
    let kept = session.value(OPTIONS);
    assert!(kept.contains(&format!("secret=vault:{name}")), "{kept}");
    assert!(!kept.contains(&sample.secret), "{kept}");
    session.run("SELECT odoo_sync.run()");
    for call in ["check", "verify"] {
        let bad = format!("SELECT count(*) FROM odoo_sync.{call}() WHERE NOT ok");
        assert_eq!(session.number(&bad), 0, "{call}()");
    }

    put(&mut session, name, "0123456789012345678901234567890123456789");
    assert_refused(&mut session, "SELECT odoo_sync.run()", "28P01", "API key", "history");
    put(&mut session, name, &sample.secret);
    session.run("SELECT odoo_sync.run()");

    session.run("DELETE FROM vault.secrets");
    let says = format!("there is no secret named {name:?} in Vault");
    assert_refused(&mut session, "SELECT odoo_sync.run()", "42704", &says, "create_secret");
}

#[test]
fn what_cannot_be_read_is_told() {
    let (sample, _, mut session) = unconnected("unvaulted");
    let call = connect(&sample, "vault:key", "");
    let says = "this database has no vault.decrypted_secrets";
    assert_refused(&mut session, &call, "42P01", says, "CREATE EXTENSION supabase_vault");
    install_vault(&mut session);
    let says = "there is no secret named \"key\" in Vault";
    assert_refused(&mut session, &call, "42704", says, "vault.create_secret");
    put(&mut session, "key", "");
    assert_refused(&mut session, &call, "22P02", "is empty", "vault.update_secret");
    session.run(
        "CREATE OR REPLACE VIEW vault.decrypted_secrets AS
         SELECT id, name, description, secret, (1 / length(secret))::text AS decrypted_secret, key_id, nonce, created_at, updated_at FROM vault.secrets",
    );
    assert_refused(&mut session, &call, "22012", "the secret vault:key cannot be read: division by zero", "");
}

#[test]
fn it_takes_the_right_to_read_the_vault_both_to_name_a_secret_and_to_use_it() {
    let (sample, database, mut session) = unconnected("guarded_vault");
    install_vault(&mut session);
    put(&mut session, "key", &sample.secret);
    let mut role = owner_of_a_connection(&mut session, &database, "vault_reader");
    let (says, hints) =
        ("permission denied for vault.decrypted_secrets", "GRANT SELECT ON vault.decrypted_secrets TO vault_reader");
    let call = connect(&sample, "vault:key", "");
    assert_refused(&mut role, &call, "42501", says, hints);

    // nor may it have a run of somebody else's, who can read it, send it to where it likes
    role.run(
        "CREATE SERVER odoo FOREIGN DATA WRAPPER odoo_sync OPTIONS (url 'https://mine.example.com', database 'mine')",
    );
    for user in ["postgres", "PUBLIC"] {
        let mapping = format!("CREATE USER MAPPING FOR {user} SERVER odoo OPTIONS (login 'me', secret 'vault:key')");
        assert_refused(&mut role, &mapping, "42501", says, hints);
    }
    role.run("DROP SERVER odoo");

    session.run("GRANT USAGE ON SCHEMA vault TO vault_reader; GRANT SELECT ON vault.decrypted_secrets TO vault_reader");
    role.run(&call);
    role.run("SELECT odoo_sync.run()");
    session.run("REVOKE SELECT ON vault.decrypted_secrets FROM vault_reader");
    assert_refused(&mut role, "SELECT odoo_sync.run()", "42501", says, hints);
}

/// A view does what it does with the rights of whoever reads it: one of that name that anybody has made is none of
/// Vault's.
#[test]
fn what_only_looks_like_the_vault_is_not_read() {
    let (sample, database, mut session) = unconnected("false_vault");
    let mut role = owner_of_a_connection(&mut session, &database, "vault_maker");
    session.run("GRANT CREATE ON DATABASE false_vault TO vault_maker");
    role.run(&format!(
        "CREATE SCHEMA vault;
         CREATE FUNCTION vault.look() RETURNS text LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'it was read by %', current_user; END $$;
         CREATE VIEW vault.decrypted_secrets AS SELECT 'key' AS name, vault.look() AS decrypted_secret;
         GRANT USAGE ON SCHEMA vault TO PUBLIC; GRANT SELECT ON vault.decrypted_secrets TO PUBLIC;
         {}",
        connect(&sample, &sample.secret, "")
    ));
    let says = "vault.decrypted_secrets is not Supabase Vault's";
    let call = connect(&sample, "vault:key", "");
    assert_refused(&mut role, &call, "42501", says, "supabase_vault");
    session.run("CREATE USER MAPPING FOR PUBLIC SERVER odoo OPTIONS (login 'admin', secret 'vault:key')");
    assert_refused(&mut session, "SELECT odoo_sync.run()", "42501", says, "supabase_vault");
}

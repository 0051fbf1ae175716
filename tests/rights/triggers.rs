//! Triggers that the owner of a mirror has put on it, while a superuser's run writes there.

use support::access::Access;
use support::cluster::{Cluster, Database};
use support::sample_odoo::{SampleOdoo, Series};
use support::session::Session;

/// A role's own connection and its mirrors, which a superuser's runs fill too.
fn owned(role: &str, sample: &SampleOdoo) -> (Database<'static>, Session, Session) {
    let database = Cluster::shared().database(role);
    let mut superuser = database.session();
    superuser.run(&format!(
        "CREATE ROLE {role} LOGIN;
         GRANT CREATE ON DATABASE {role} TO {role};
         GRANT USAGE ON SCHEMA odoo_sync TO {role};
         GRANT USAGE ON FOREIGN DATA WRAPPER odoo_sync TO {role};
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA odoo_sync TO {role};
         CREATE TABLE public.seen (id int GENERATED ALWAYS AS IDENTITY, who text);
         GRANT INSERT, SELECT, TRUNCATE ON public.seen TO {role}"
    ));
    let mut owner = database.session_as(role);
    owner.connect(&Access::from(sample), "mine");
    owner.run("SELECT odoo_sync.run('{inventory}', connection => 'mine')");
    superuser.connect(&Access::from(sample), "odoo");
    superuser.run(
        "DROP SERVER odoo CASCADE;
         CREATE USER MAPPING FOR postgres SERVER mine OPTIONS (login 'admin', secret 'x')",
    );
    let secret = &sample.secret;
    superuser.run(&format!("ALTER USER MAPPING FOR postgres SERVER mine OPTIONS (SET secret '{secret}')"));
    (database, superuser, owner)
}

/// Who has run the triggers' code.
fn seen(session: &mut Session) -> Vec<String> {
    session.column("SELECT DISTINCT who FROM public.seen ORDER BY 1")
}

#[test]
fn they_run_with_their_owners_rights() {
    let sample = SampleOdoo::start(Series::V19);
    let (_database, mut superuser, mut owner) = owned("trigger_owner", &sample);
    owner.run(
        "CREATE FUNCTION mine.look() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             INSERT INTO public.seen (who) VALUES (current_user);
             RETURN coalesce(NEW, OLD);
         END $$;
         CREATE TRIGGER look BEFORE INSERT OR UPDATE OR DELETE ON mine.inventory FOR EACH ROW EXECUTE FUNCTION mine.look();
         CREATE CONSTRAINT TRIGGER look_later AFTER INSERT OR UPDATE OR DELETE ON mine.inventory
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION mine.look();
         UPDATE mine.inventory SET quantity = -1; TRUNCATE public.seen",
    );
    superuser.run("SELECT odoo_sync.run('{inventory}', connection => 'mine')");
    assert_eq!(seen(&mut superuser), ["trigger_owner"]);
    superuser.run("TRUNCATE public.seen");
    let quants = sample.records("stock.quant");
    let first = quants[0]["id"].as_i64().expect("an id is a number");
    sample.unlink("stock.quant", &[first]);
    superuser.run("SELECT odoo_sync.run('{inventory}', full => true, connection => 'mine')");
    assert_eq!(seen(&mut superuser), ["trigger_owner"]);
}

/// What they set for the session leads no statement of ours to a function of theirs.
#[test]
fn what_they_set_is_undone() {
    let sample = SampleOdoo::start(Series::V19);
    let (_database, mut superuser, mut owner) = owned("path_setter", &sample);
    for (left, right) in [("text", "text"), ("name", "text"), ("bigint", "bigint")] {
        owner.run(&format!(
            "CREATE FUNCTION mine.same({left}, {right}) RETURNS boolean LANGUAGE plpgsql AS $$
             BEGIN
                 INSERT INTO public.seen (who) VALUES (current_user);
                 RETURN $1 OPERATOR(pg_catalog.=) $2;
             END $$;
             CREATE OPERATOR mine.= (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = mine.same)"
        ));
    }
    owner.run(
        "CREATE FUNCTION mine.mislead() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             PERFORM pg_catalog.set_config('search_path', 'mine, pg_catalog', false);
             RETURN NEW;
         END $$;
         CREATE TRIGGER mislead BEFORE INSERT OR UPDATE ON mine.inventory FOR EACH ROW EXECUTE FUNCTION mine.mislead();
         CREATE CONSTRAINT TRIGGER mislead_later AFTER INSERT OR UPDATE ON mine.inventory
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION mine.mislead();
         UPDATE mine.inventory SET quantity = -1;
         TRUNCATE public.seen",
    );
    superuser.run("SET odoo_sync.batch_size = 5; SELECT odoo_sync.run('{inventory}', connection => 'mine')");
    let strangers: Vec<String> = seen(&mut superuser).into_iter().filter(|who| who != "path_setter").collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

/// Nor do they have those of a role that is no member of the owner, whose login they could read.
#[test]
fn they_have_no_rights_of_a_stranger_who_may_write() {
    let sample = SampleOdoo::start(Series::V19);
    let (database, mut superuser, mut owner) = owned("trap_owner", &sample);
    superuser.run(&format!(
        "CREATE ROLE trapped LOGIN; GRANT USAGE ON SCHEMA odoo_sync TO trapped;
         GRANT EXECUTE ON FUNCTION odoo_sync.run TO trapped; GRANT INSERT ON public.seen TO trapped;
         CREATE USER MAPPING FOR PUBLIC SERVER mine OPTIONS (login 'admin', secret '{}')",
        sample.secret
    ));
    owner.run(
        "GRANT USAGE ON FOREIGN SERVER mine TO trapped; GRANT USAGE ON SCHEMA mine TO trapped;
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mine TO trapped;
         CREATE FUNCTION mine.note() RETURNS text LANGUAGE plpgsql AS $$
         BEGIN INSERT INTO public.seen (who) VALUES (current_user); RETURN 'noted'; END $$;
         CREATE FUNCTION mine.look() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM mine.note(); RETURN coalesce(NEW, OLD); END $$;
         CREATE TRIGGER look BEFORE INSERT OR UPDATE OR DELETE ON mine.inventory FOR EACH ROW EXECUTE FUNCTION mine.look();
         ALTER TABLE mine.inventory ADD COLUMN noted text DEFAULT mine.note(),
             ADD CONSTRAINT noted CHECK (mine.note() IS NOT NULL);
         DELETE FROM mine.inventory WHERE id % 2 = 0; UPDATE mine.inventory SET quantity = -1; TRUNCATE public.seen",
    );
    let run = "SELECT odoo_sync.run('{inventory}', connection => 'mine')";
    let mut session = database.session_as("trapped");
    session.run(run);
    assert_eq!(seen(&mut superuser), ["trap_owner"]);

    // what is seen through a policy would be seen through its functions
    owner.run(
        "TRUNCATE public.seen; ALTER TABLE mine.inventory ENABLE ROW LEVEL SECURITY;
         CREATE POLICY all_of_it ON mine.inventory USING (mine.note() IS NOT NULL)",
    );
    let error = session.error(run);
    assert_eq!(error.code().code(), "42501", "{error:?}");
    assert_eq!(seen(&mut superuser), [] as [&str; 0]);
}

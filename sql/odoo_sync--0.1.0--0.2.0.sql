-- What ALTER EXTENSION odoo_sync UPDATE runs from 0.1.0 to 0.2.0. Afterwards everything is as CREATE EXTENSION makes it, which
-- tests/keeping/upgrade.rs sees to: what is changed in the other files of this directory, or in a function's declaration, has its
-- statement here as well.

DO $$
BEGIN
    IF pg_catalog.getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'odoo_sync needs a database whose encoding is UTF8, and that of % is %',
                pg_catalog.current_database(), pg_catalog.getdatabaseencoding()
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'Odoo''s texts have characters of any language. CREATE DATABASE ... ENCODING ''UTF8'' TEMPLATE template0;';
    END IF;
END $$;

-- What an administrator has granted, which goes with a function or view that is dropped to be made anew.
CREATE TABLE odoo_sync.granted AS
    SELECT 'FUNCTION' AS kind, proname AS name, a.grantee, a.privilege_type, a.is_grantable
    FROM pg_catalog.pg_proc, pg_catalog.aclexplode(proacl) AS a
    WHERE pronamespace = 'odoo_sync'::regnamespace AND a.grantee <> proowner
    UNION ALL
    SELECT 'TABLE', relname, a.grantee, a.privilege_type, a.is_grantable
    FROM pg_catalog.pg_class, pg_catalog.aclexplode(relacl) AS a
    WHERE relnamespace = 'odoo_sync'::regnamespace AND relkind IN ('r', 'v') AND a.grantee <> relowner;

ALTER TABLE odoo_sync.mirrors
    DROP CONSTRAINT mirrors_table_name_check,
    ADD CONSTRAINT mirrors_table_name_check CHECK (octet_length(table_name) BETWEEN 1 AND 63),
    DROP CONSTRAINT mirrors_model_check,
    ADD CONSTRAINT mirrors_model_check CHECK (model ~ '^[A-Za-z0-9_.]+$');
ALTER TABLE odoo_sync.mirrors ADD COLUMN compared_sums text[] NOT NULL DEFAULT '{}',
    ADD COLUMN depends_in_doubt text[] NOT NULL DEFAULT '{}', ADD COLUMN tracked_models text[] NOT NULL DEFAULT '{}';
ALTER TABLE odoo_sync.mirrors
    ADD CONSTRAINT mirrors_since_check CHECK (since >= 0),
    ADD CONSTRAINT mirrors_until_check CHECK (until >= 0),
    ADD CONSTRAINT mirrors_lists_check CHECK (
        coalesce(array_ndims(fields || indexes || depends || compared_sums || depends_in_doubt || tracked_models || coalesce(unique_key, '{}')), 1) = 1
        AND array_position(fields || indexes || depends || compared_sums || depends_in_doubt || tracked_models || coalesce(unique_key, '{}'), NULL) IS NULL);
ALTER TABLE odoo_sync.types
    DROP CONSTRAINT types_interval_check,
    ADD CONSTRAINT types_interval_check CHECK ("interval" > '0' AND "interval" <= '100 years'),
    DROP CONSTRAINT types_lookback_check,
    ADD CONSTRAINT types_lookback_check CHECK (lookback BETWEEN '0' AND '100 years');
COMMENT ON COLUMN odoo_sync.mirrors.compared_sums IS 'Integer fields that Odoo changes by raw SQL, without a write date: each run compares their sums';
COMMENT ON COLUMN odoo_sync.mirrors.depends_in_doubt IS 'Relational fields, dotted paths too, whose changes are looked for only where the totals differ';
COMMENT ON COLUMN odoo_sync.mirrors.tracked_models IS 'Other models whose changes change this one''s records without a write date: model, where records of it are deleted; model:field, where the sum of the field changes. A run then reads everything';
ALTER TABLE odoo_sync.mirror_state ADD COLUMN tracked jsonb, ADD COLUMN lang text, ADD COLUMN known_difference jsonb, ADD COLUMN company_id bigint,
    ADD COLUMN unreadable jsonb;
COMMENT ON COLUMN odoo_sync.mirror_state.tracked IS 'What the models of mirrors.tracked_models, and the definitions of custom fields, were like';
COMMENT ON COLUMN odoo_sync.mirror_state.unreadable IS 'The fields that Odoo fails to read, of all records or of some, and why; their columns are empty there';
COMMENT ON COLUMN odoo_sync.mirror_state.lang IS 'The language of Odoo''s texts in it: the user''s when it was last read in full';
COMMENT ON COLUMN odoo_sync.mirror_state.company_id IS 'The Odoo user''s company when it was last read in full: what depends on the company is as that one has it';
COMMENT ON COLUMN odoo_sync.mirror_state.known_difference IS 'By how much Odoo''s totals differ from the mirror''s even when everything is read, by field; id stands for the records';
COMMENT ON COLUMN odoo_sync.mirrors.builtin IS 'Whether the row is the extension''s, which an upgrade replaces, and not one''s own, which it keeps; a row that is changed becomes one''s own';

ALTER TABLE odoo_sync.runs DROP CONSTRAINT runs_status_check,
    ADD CONSTRAINT runs_status_check CHECK (status IN ('queued', 'running', 'ok', 'partial', 'failed', 'interrupted', 'skipped'));

CREATE FUNCTION odoo_sync.prefer_own() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        NEW.builtin := NEW.builtin AND NOT OLD.builtin;
    ELSIF NOT NEW.builtin THEN
        DELETE FROM odoo_sync.mirrors m
        WHERE m.builtin AND (m.type, m.table_name, m.since) = (NEW.type, NEW.table_name, NEW.since);
    ELSIF EXISTS (SELECT FROM odoo_sync.mirrors m
                  WHERE NOT m.builtin AND (m.type, m.table_name, m.since) = (NEW.type, NEW.table_name, NEW.since)) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION odoo_sync.prefer_own IS 'Keeps a user''s own row of the catalogue in the place of a built-in one';
CREATE TRIGGER prefer_own BEFORE INSERT OR UPDATE ON odoo_sync.mirrors FOR EACH ROW EXECUTE FUNCTION odoo_sync.prefer_own();

-- A table is one type's, and for each series there is one description of it: two would undo each other's work.
CREATE FUNCTION odoo_sync.check_table() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    other text;
BEGIN
    SELECT m.type INTO other FROM odoo_sync.mirrors m
    WHERE m.table_name = NEW.table_name
      AND (m.type <> NEW.type OR m.since <> NEW.since AND m.since <= NEW.until AND NEW.since <= m.until)
    LIMIT 1;
    IF FOUND AND other <> NEW.type THEN
        RAISE EXCEPTION 'the table % is of type % already', NEW.table_name, other
            USING ERRCODE = 'unique_violation', HINT = 'Give the table of the type ' || NEW.type || ' another name.';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'the table % has another description for some of the Odoo series % to %', NEW.table_name, NEW.since, NEW.until
            USING ERRCODE = 'exclusion_violation', HINT = 'Let since and until of the two not overlap.';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION odoo_sync.check_table IS 'Refuses a table of the catalogue that is another type''s, or is described twice for one series';
CREATE CONSTRAINT TRIGGER check_table AFTER INSERT OR UPDATE ON odoo_sync.mirrors DEFERRABLE INITIALLY IMMEDIATE
    FOR EACH ROW EXECUTE FUNCTION odoo_sync.check_table();

-- whoever reads a view must be allowed to call the functions in it: history has none of ours any more
CREATE OR REPLACE VIEW odoo_sync.history AS
    SELECT r.run_id, r.connection, r.type,
           CASE WHEN r.status = 'running' AND NOT now.is_running
                  OR r.status = 'queued' AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = r.pid)
                THEN 'interrupted' ELSE r.status END AS status,
           r.mode, r.started_at, r.finished_at,
           CASE WHEN now.is_running THEN clock_timestamp() ELSE r.finished_at END - r.started_at AS duration,
           r.fetched, r.inserted, r.updated, r.deleted, r.failed,
           r.requests, r.bytes, r.retries, r.odoo_seconds, r.write_seconds, r.role, r.message
    FROM odoo_sync.runs r,
    LATERAL (SELECT r.status = 'running' AND EXISTS (
                 SELECT FROM pg_catalog.pg_locks l
                 WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                   AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(r.connection || E'\n' || r.type, 7077))
             AS is_running) AS now
    ORDER BY r.run_id DESC, r.started_at DESC, r.connection, r.type;

CREATE FUNCTION odoo_sync.load_catalogue() RETURNS void STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'load_catalogue_wrapper';
COMMENT ON FUNCTION odoo_sync.load_catalogue IS
    'Replaces the built-in rows of odoo_sync.mirrors by those of this version: for CREATE and ALTER EXTENSION';

DROP FUNCTION odoo_sync.connect;
CREATE FUNCTION odoo_sync.connect(url text, database text, login text, secret text, name text DEFAULT 'odoo', ca_file text DEFAULT NULL)
    RETURNS TABLE (name text, url text, database text, server_version text, protocol text, user_name text, company text)
    LANGUAGE c AS 'MODULE_PATHNAME', 'connect_wrapper';
COMMENT ON FUNCTION odoo_sync.connect IS
    'Makes or replaces a connection, after it has reached the server and logged in: connect(url, database, login, secret, name => ''odoo'', ca_file => NULL). The name is also the schema of its mirrors; the secret may be vault:NAME or file:PATH; ca_file holds the certificates to trust in place of the system''s';

-- Nothing above is anybody's but the owner's, and then what was granted is granted again. PostgreSQL takes what an extension's
-- script grants for the extension's own and leaves it out of dumps, so that its note of that is put back.
REVOKE ALL ON FUNCTION odoo_sync.prefer_own, odoo_sync.check_table, odoo_sync.load_catalogue, odoo_sync.connect FROM PUBLIC;
CREATE TABLE odoo_sync.undumped AS
    SELECT i.classoid, i.objoid, i.initprivs FROM pg_catalog.pg_init_privs i
    LEFT JOIN pg_catalog.pg_proc p ON i.classoid = 'pg_catalog.pg_proc'::regclass AND p.oid = i.objoid
    LEFT JOIN pg_catalog.pg_class c ON i.classoid = 'pg_catalog.pg_class'::regclass AND c.oid = i.objoid
    WHERE i.objsubid = 0 AND 'odoo_sync'::regnamespace IN (p.pronamespace, c.relnamespace);
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT pg_catalog.format('GRANT %s ON %s odoo_sync.%I TO %s%s', privilege_type, kind, name,
                                 CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
                                 CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM odoo_sync.granted
    LOOP
        EXECUTE statement;
    END LOOP;
    DELETE FROM pg_catalog.pg_init_privs i USING pg_catalog.pg_proc p
    WHERE i.classoid = 'pg_catalog.pg_proc'::regclass AND i.objoid = p.oid AND p.pronamespace = 'odoo_sync'::regnamespace;
    DELETE FROM pg_catalog.pg_init_privs i USING pg_catalog.pg_class c
    WHERE i.classoid = 'pg_catalog.pg_class'::regclass AND i.objsubid = 0 AND i.objoid = c.oid
      AND c.relnamespace = 'odoo_sync'::regnamespace;
    INSERT INTO pg_catalog.pg_init_privs (objoid, classoid, objsubid, privtype, initprivs)
    SELECT objoid, classoid, 0, 'e', initprivs FROM odoo_sync.undumped;
END $$;
DROP TABLE odoo_sync.granted, odoo_sync.undumped;

-- last, when the tables are what the rows need
SELECT odoo_sync.load_catalogue();

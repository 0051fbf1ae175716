-- The extension's own tables. Nobody but its owner writes them: the functions do, on behalf of whoever may call them.

DO $$
BEGIN
    IF pg_catalog.getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'odoo_sync needs a database whose encoding is UTF8, and that of % is %',
                pg_catalog.current_database(), pg_catalog.getdatabaseencoding()
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'Odoo''s texts have characters of any language. CREATE DATABASE ... ENCODING ''UTF8'' TEMPLATE template0;';
    END IF;
END $$;

-- The catalogue: which model fills which table, for each type.
CREATE TABLE odoo_sync.mirrors (
    type         text     NOT NULL CHECK (type <> ''),
    table_name   text     NOT NULL CHECK (octet_length(table_name) BETWEEN 1 AND 63),
    model        text     NOT NULL CHECK (model ~ '^[A-Za-z0-9_.]+$'),
    position     smallint NOT NULL,
    since        smallint NOT NULL DEFAULT 0 CHECK (since >= 0),
    until        smallint NOT NULL DEFAULT 32767 CHECK (until >= 0),
    domain       jsonb    NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(domain) = 'array'),
    fields       text[]   NOT NULL,
    indexes      text[]   NOT NULL DEFAULT '{}',
    parent       text,
    depends      text[]   NOT NULL DEFAULT '{}',
    compare      text     NOT NULL DEFAULT 'window' CHECK (compare IN ('window', 'whole')),
    unique_key   text[],
    builtin      boolean  NOT NULL DEFAULT false,
    compared_sums    text[] NOT NULL DEFAULT '{}',
    depends_in_doubt text[] NOT NULL DEFAULT '{}',
    tracked_models   text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (type, table_name, since),
    CONSTRAINT mirrors_lists_check CHECK (
        coalesce(array_ndims(fields || indexes || depends || compared_sums || depends_in_doubt || tracked_models || coalesce(unique_key, '{}')), 1) = 1
        AND array_position(fields || indexes || depends || compared_sums || depends_in_doubt || tracked_models || coalesce(unique_key, '{}'), NULL) IS NULL)
);
COMMENT ON TABLE odoo_sync.mirrors IS 'The catalogue of types: each row is a table filled from one Odoo model';
COMMENT ON COLUMN odoo_sync.mirrors.position IS 'The order within a run';
COMMENT ON COLUMN odoo_sync.mirrors.since IS 'The first Odoo series that this row is for';
COMMENT ON COLUMN odoo_sync.mirrors.until IS 'The last Odoo series that this row is for';
COMMENT ON COLUMN odoo_sync.mirrors.domain IS 'The Odoo domain of the records; archived ones are included unless it says otherwise';
COMMENT ON COLUMN odoo_sync.mirrors.fields IS 'Odoo''s field names; a|b is the first of the two that the server has. Custom fields come along by themselves';
COMMENT ON COLUMN odoo_sync.mirrors.indexes IS 'The columns to index, each entry an index';
COMMENT ON COLUMN odoo_sync.mirrors.parent IS 'In lines: the many2one to their header, through which a domain on the type reaches them';
COMMENT ON COLUMN odoo_sync.mirrors.depends IS 'Relational fields, dotted paths too: a record is read again when one of these was written';
COMMENT ON COLUMN odoo_sync.mirrors.compare IS 'window: a run reads what was written since the last one; whole: everything, for what write_date cannot follow';
COMMENT ON COLUMN odoo_sync.mirrors.compared_sums IS 'Integer fields that Odoo changes by raw SQL, without a write date: each run compares their sums';
COMMENT ON COLUMN odoo_sync.mirrors.depends_in_doubt IS 'Relational fields, dotted paths too, whose changes are looked for only where the totals differ';
COMMENT ON COLUMN odoo_sync.mirrors.tracked_models IS 'Other models whose changes change this one''s records without a write date: model, where records of it are deleted; model:field, where the sum of the field changes. A run then reads everything';
COMMENT ON COLUMN odoo_sync.mirrors.unique_key IS 'Columns that Odoo keeps unique among the mirror''s records';
COMMENT ON COLUMN odoo_sync.mirrors.builtin IS 'Whether the row is the extension''s, which an upgrade replaces, and not one''s own, which it keeps; a row that is changed becomes one''s own';

-- One's own row stands in the place of the built-in one with its key, whichever comes first: an upgrade brings the built-in
-- rows, a restore one's own. And a built-in row that somebody changes is theirs from then on, or the next upgrade would undo it.
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

-- What is set for a type of a connection; NULL: as the setting of that name says.
CREATE TABLE odoo_sync.types (
    connection text NOT NULL,
    type       text NOT NULL,
    enabled    boolean,
    "interval" interval CHECK ("interval" > '0' AND "interval" <= '100 years'),
    batch_size integer  CHECK (batch_size BETWEEN 1 AND 100000),
    delay      interval CHECK (delay BETWEEN '0' AND '1 hour'),
    lookback   interval CHECK (lookback BETWEEN '0' AND '100 years'),
    domain     jsonb    CHECK (jsonb_typeof(domain) = 'array'),
    deletes    text     NOT NULL DEFAULT 'remove' CHECK (deletes IN ('remove', 'mark')),
    PRIMARY KEY (connection, type)
);
COMMENT ON TABLE odoo_sync.types IS 'What is set for each type of each connection; NULL: as the setting odoo_sync.… says';
COMMENT ON COLUMN odoo_sync.types.enabled IS 'Whether the type runs when none is named';
COMMENT ON COLUMN odoo_sync.types."interval" IS 'The time between its scheduled runs';
COMMENT ON COLUMN odoo_sync.types.batch_size IS 'Records per page';
COMMENT ON COLUMN odoo_sync.types.delay IS 'Shortest time between two requests; of the types that run together, the longest counts';
COMMENT ON COLUMN odoo_sync.types.lookback IS 'How far an incremental run looks back before the last one''s start';
COMMENT ON COLUMN odoo_sync.types.domain IS 'An Odoo domain that narrows the type''s records; lines follow their headers';
COMMENT ON COLUMN odoo_sync.types.deletes IS 'What becomes of the row of a record that is gone from Odoo: remove, or mark in _deleted_at';

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

-- A type that is added to the catalogue is one of each connection's.
CREATE FUNCTION odoo_sync.add_type() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO odoo_sync.types (connection, type) SELECT DISTINCT connection, NEW.type FROM odoo_sync.types
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION odoo_sync.add_type IS 'Gives a type that is added to the catalogue its settings on each connection';
CREATE TRIGGER add_type AFTER INSERT ON odoo_sync.mirrors FOR EACH ROW EXECUTE FUNCTION odoo_sync.add_type();

-- Where each mirror of each connection stands.
CREATE TABLE odoo_sync.mirror_state (
    connection text   NOT NULL,
    table_name text   NOT NULL,
    type       text   NOT NULL,
    model      text   NOT NULL,
    row_count  bigint NOT NULL DEFAULT 0,
    window_end timestamptz,
    full_at    timestamptz,
    domain     jsonb,
    columns    jsonb,
    tracked    jsonb,
    lang       text,
    known_difference jsonb,
    company_id bigint,
    unreadable jsonb,
    PRIMARY KEY (connection, table_name)
);
COMMENT ON TABLE odoo_sync.mirror_state IS 'Where each mirror of each connection stands';
COMMENT ON COLUMN odoo_sync.mirror_state.window_end IS 'Odoo''s clock when the last run that ended well began: all that was written before is here; NULL: never filled';
COMMENT ON COLUMN odoo_sync.mirror_state.full_at IS 'When the last full run that ended well began, by this server''s clock';
COMMENT ON COLUMN odoo_sync.mirror_state.columns IS 'The column that each field of Odoo''s is in';
COMMENT ON COLUMN odoo_sync.mirror_state.tracked IS 'What the models of mirrors.tracked_models, and the definitions of custom fields, were like';
COMMENT ON COLUMN odoo_sync.mirror_state.lang IS 'The language of Odoo''s texts in it: the user''s when it was last read in full';
COMMENT ON COLUMN odoo_sync.mirror_state.company_id IS 'The Odoo user''s company when it was last read in full: what depends on the company is as that one has it';
COMMENT ON COLUMN odoo_sync.mirror_state.known_difference IS 'By how much Odoo''s totals differ from the mirror''s even when everything is read, by field; id stands for the records';
COMMENT ON COLUMN odoo_sync.mirror_state.unreadable IS 'The fields that Odoo fails to read, of all records or of some, and why; their columns are empty there';
COMMENT ON COLUMN odoo_sync.mirror_state.domain IS 'The domain that the mirror was filled by';

CREATE SEQUENCE odoo_sync.run_ids;

CREATE TABLE odoo_sync.runs (
    run_id        bigint      NOT NULL,
    connection    text        NOT NULL,
    type          text        NOT NULL,
    role          name        NOT NULL,
    status        text        NOT NULL CHECK (status IN ('queued', 'running', 'ok', 'partial', 'failed', 'interrupted', 'skipped')),
    mode          text        CHECK (mode IN ('full', 'incremental')),
    started_at    timestamptz NOT NULL,
    finished_at   timestamptz,
    fetched       bigint      NOT NULL DEFAULT 0,
    inserted      bigint      NOT NULL DEFAULT 0,
    updated       bigint      NOT NULL DEFAULT 0,
    deleted       bigint      NOT NULL DEFAULT 0,
    failed        bigint      NOT NULL DEFAULT 0,
    requests      bigint      NOT NULL DEFAULT 0,
    bytes         bigint      NOT NULL DEFAULT 0,
    retries       bigint      NOT NULL DEFAULT 0,
    odoo_seconds  numeric     NOT NULL DEFAULT 0,
    write_seconds numeric     NOT NULL DEFAULT 0,
    pid           integer,
    progress      text,
    message       text,
    PRIMARY KEY (run_id, connection, type)
);
CREATE INDEX runs_connection_type_idx ON odoo_sync.runs (connection, type, run_id DESC);
COMMENT ON TABLE odoo_sync.runs IS 'Every run of every type; odoo_sync.history shows it';

CREATE TABLE odoo_sync.failures (
    connection text        NOT NULL,
    type       text        NOT NULL,
    table_name text        NOT NULL,
    odoo_id    bigint      NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen  timestamptz NOT NULL DEFAULT now(),
    attempts   integer     NOT NULL DEFAULT 1,
    error      text        NOT NULL,
    payload    jsonb,
    PRIMARY KEY (connection, table_name, odoo_id)
);
COMMENT ON TABLE odoo_sync.failures IS 'The records that could not be read or stored, and why; each later run tries them again';

-- The lock that a running type holds, as pg_locks shows it. hashtextextended is stable across versions of PostgreSQL.
CREATE FUNCTION odoo_sync.lock_key(connection text, type text) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog
    AS $$ SELECT hashtextextended(connection || E'\n' || type, 7077) $$;
COMMENT ON FUNCTION odoo_sync.lock_key IS 'The advisory lock that a run of this type holds';

-- Counted from a run's start, so that a schedule as long as the interval runs a type each time; a scheduler's calls are not
-- exact, so that a tenth of the interval, or half a minute, is forgiven.
CREATE FUNCTION odoo_sync.due_after(started timestamptz, "interval" interval) RETURNS timestamptz
    LANGUAGE sql STABLE STRICT SET search_path = pg_catalog
    AS $$ SELECT started + "interval" - least("interval" / 10, interval '30 seconds') $$;
COMMENT ON FUNCTION odoo_sync.due_after IS 'When a type is due again whose last run that ended well began then';

CREATE FUNCTION odoo_sync.is_running(connection text, type text) RETURNS boolean
    LANGUAGE sql STABLE STRICT SET search_path = pg_catalog
    AS $$
        SELECT EXISTS (
            SELECT FROM pg_locks l, odoo_sync.lock_key(connection, type) AS k (key)
            WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND l.classid::bigint = (k.key >> 32) & 4294967295 AND l.objid::bigint = k.key & 4294967295)
    $$;
COMMENT ON FUNCTION odoo_sync.is_running IS 'Whether a run of this type is under way';

-- is_running() and lock_key() spelled out: whoever reads a view must be allowed to call the functions in it.
CREATE VIEW odoo_sync.history AS
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
COMMENT ON VIEW odoo_sync.history IS 'Every run of every type, newest first';

CREATE VIEW odoo_sync.connections AS
    SELECT s.srvname::text AS name, o.url, o.database, s.srvowner::regrole AS owner
    FROM pg_catalog.pg_foreign_server s
    JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw AND w.fdwname = 'odoo_sync',
    LATERAL (SELECT max(option_value) FILTER (WHERE option_name = 'url') AS url,
                    max(option_value) FILTER (WHERE option_name = 'database') AS database
             FROM pg_catalog.pg_options_to_table(s.srvoptions)) AS o;
COMMENT ON VIEW odoo_sync.connections IS 'The connections: each a foreign server, whose name is also the schema of its mirrors';

SELECT pg_catalog.pg_extension_config_dump('odoo_sync.mirrors', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('odoo_sync.types', '');
SELECT pg_catalog.pg_extension_config_dump('odoo_sync.mirror_state', '');
SELECT pg_catalog.pg_extension_config_dump('odoo_sync.run_ids', '');
SELECT pg_catalog.pg_extension_config_dump('odoo_sync.runs', '');
SELECT pg_catalog.pg_extension_config_dump('odoo_sync.failures', '');

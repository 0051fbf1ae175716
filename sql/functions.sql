-- What each function is for, and who may call it: nobody but the extension's owner, until an administrator grants it.

COMMENT ON FUNCTION odoo_sync.connect IS
    'Makes or replaces a connection, after it has reached the server and logged in: connect(url, database, login, secret, name => ''odoo'', ca_file => NULL). The name is also the schema of its mirrors; the secret may be vault:NAME or file:PATH; ca_file holds the certificates to trust in place of the system''s';
COMMENT ON FUNCTION odoo_sync.disconnect IS
    'Forgets a connection and its state, and leaves the mirrors';
COMMENT ON FUNCTION odoo_sync.check IS
    'Looks whether everything of a connection can be read, and what the server lacks. Changes nothing';
COMMENT ON FUNCTION odoo_sync.run IS
    'Brings the mirrors up to date: run(types => NULL for the enabled ones, full => read everything again, wait => false to return at once, connection => NULL for all, force => lift the guard against mass removal). A row per type';
COMMENT ON FUNCTION odoo_sync.run_due IS
    'Runs the types whose interval has passed since their last success: what a scheduler calls';
COMMENT ON FUNCTION odoo_sync.adopt IS
    'Makes a table that is there already the mirror: adopt(table_name, type, connection). Adds what is missing, moves rows that are no one record''s to <table>_set_aside, puts the primary key on, and tells all that it did; the next run reads everything';
COMMENT ON FUNCTION odoo_sync.verify IS
    'Whether the mirrors equal Odoo now, by ids, write dates and sums: verify(types => NULL for the enabled ones, connection). A row per mirror; ok is false where something differs, and detail says what. Writes nothing';
COMMENT ON FUNCTION odoo_sync.cancel IS
    'Stops the runs that are under way; how many';
COMMENT ON FUNCTION odoo_sync.status IS
    'How each type of each connection stands, also while it runs in another session';
COMMENT ON FUNCTION odoo_sync.schedule IS
    'Makes or changes the pg_cron job that calls run_due() in this database as this role; its number';
COMMENT ON FUNCTION odoo_sync.unschedule IS
    'Removes the pg_cron job that schedule() made; whether there was one';
COMMENT ON FUNCTION odoo_sync.load_catalogue IS
    'Replaces the built-in rows of odoo_sync.mirrors by those of this version: for CREATE and ALTER EXTENSION';
COMMENT ON FUNCTION odoo_sync.validate_options IS
    'Checks the options of connections and of their user mappings';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA odoo_sync FROM PUBLIC;

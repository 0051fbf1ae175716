-- No handler, as dblink has it: a connection is a foreign server for the sake of its user mapping, which hides and dumps its secret.
CREATE FOREIGN DATA WRAPPER odoo_sync VALIDATOR odoo_sync.validate_options;
COMMENT ON FOREIGN DATA WRAPPER odoo_sync IS 'Connections to Odoo; odoo_sync.connect() makes them';

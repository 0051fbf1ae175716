-- What ALTER EXTENSION odoo_sync UPDATE runs from 0.1.0 to 0.2.0. Afterwards everything is as CREATE EXTENSION makes it, which
-- tests/keeping/upgrade.rs sees to: what is changed in the other files of this directory, or in a function's declaration, has its
-- statement here as well.

CREATE FUNCTION odoo_sync.load_catalogue() RETURNS void STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'load_catalogue_wrapper';
COMMENT ON FUNCTION odoo_sync.load_catalogue IS
    'Replaces the built-in rows of odoo_sync.mirrors by those of this version: for CREATE and ALTER EXTENSION';
REVOKE ALL ON FUNCTION odoo_sync.load_catalogue FROM PUBLIC;

-- last, when the tables are what the rows need
SELECT odoo_sync.load_catalogue();

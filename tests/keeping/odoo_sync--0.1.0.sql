-- What CREATE EXTENSION ran in 0.1.0, as it was released: never to be edited. tests/keeping/upgrade.rs updates from it.

-- bootstrap
-- The extension's own tables. Nobody but its owner writes them: the functions do, on behalf of whoever may call them.

-- The catalogue: which model fills which table, for each type.
CREATE TABLE odoo_sync.mirrors (
    type         text     NOT NULL CHECK (type <> ''),
    table_name   text     NOT NULL CHECK (table_name <> ''),
    model        text     NOT NULL CHECK (model <> ''),
    position     smallint NOT NULL,
    since        smallint NOT NULL DEFAULT 0,
    until        smallint NOT NULL DEFAULT 32767,
    domain       jsonb    NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(domain) = 'array'),
    fields       text[]   NOT NULL,
    indexes      text[]   NOT NULL DEFAULT '{}',
    parent       text,
    depends      text[]   NOT NULL DEFAULT '{}',
    compare      text     NOT NULL DEFAULT 'window' CHECK (compare IN ('window', 'whole')),
    unique_key   text[],
    builtin      boolean  NOT NULL DEFAULT false,
    PRIMARY KEY (type, table_name, since)
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
COMMENT ON COLUMN odoo_sync.mirrors.unique_key IS 'Columns that Odoo keeps unique among the mirror''s records';

-- What is set for a type of a connection; NULL: as the setting of that name says.
CREATE TABLE odoo_sync.types (
    connection text NOT NULL,
    type       text NOT NULL,
    enabled    boolean,
    "interval" interval CHECK ("interval" > '0'),
    batch_size integer  CHECK (batch_size BETWEEN 1 AND 100000),
    delay      interval CHECK (delay BETWEEN '0' AND '1 hour'),
    lookback   interval CHECK (lookback >= '0'),
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
    PRIMARY KEY (connection, table_name)
);
COMMENT ON TABLE odoo_sync.mirror_state IS 'Where each mirror of each connection stands';
COMMENT ON COLUMN odoo_sync.mirror_state.window_end IS 'Odoo''s clock when the last run that ended well began: all that was written before is here; NULL: never filled';
COMMENT ON COLUMN odoo_sync.mirror_state.full_at IS 'When the last full run that ended well began, by this server''s clock';
COMMENT ON COLUMN odoo_sync.mirror_state.columns IS 'The column that each field of Odoo''s is in';
COMMENT ON COLUMN odoo_sync.mirror_state.domain IS 'The domain that the mirror was filled by';

CREATE SEQUENCE odoo_sync.run_ids;

CREATE TABLE odoo_sync.runs (
    run_id        bigint      NOT NULL,
    connection    text        NOT NULL,
    type          text        NOT NULL,
    role          name        NOT NULL,
    status        text        NOT NULL CHECK (status IN ('running', 'ok', 'partial', 'failed', 'interrupted', 'skipped')),
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

CREATE VIEW odoo_sync.history AS
    SELECT r.run_id, r.connection, r.type,
           CASE WHEN r.status = 'running' AND NOT odoo_sync.is_running(r.connection, r.type)
                THEN 'interrupted' ELSE r.status END AS status,
           r.mode, r.started_at, r.finished_at,
           coalesce(r.finished_at, clock_timestamp()) - r.started_at AS duration,
           r.fetched, r.inserted, r.updated, r.deleted, r.failed,
           r.requests, r.bytes, r.retries, r.odoo_seconds, r.write_seconds, r.role, r.message
    FROM odoo_sync.runs r
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

-- requires:
--   state

-- The catalogue: which Odoo model and which of its fields fill which table. Each row is one mirror; a type is the mirrors that bear its
-- name. The rows below are the built-in ones (`builtin`), of the same kind as a user's own. A list names what any of Odoo 14 to 19 may
-- have: whatever a server lacks is left out at run time and named by odoo_sync.check(), 'a|b' takes the first of the two that is there,
-- and custom fields (x_…) need no mention. Invoices, orders, their lines, quants and partners keep to fields that Odoo reads by columns
-- (scalars, stored or near to it, on 14 and on 19), since one other field costs each page a second request; the rest may ask for more.
-- Left out everywhere: what belongs to a group of users rather than to all internal ones, secrets and access tokens, bank accounts,
-- images, and values that depend on the day they are asked for. Positions put what other mirrors' ids point to first.
--
-- `depends` leads to the records whose change changes what a record shows without touching its own write_date: a product's template and
-- stock, a line's header, the invoices that raise a partner's rank. Where no write_date tells, and the table is small, or Odoo writes it
-- by raw SQL as it does quants, `compare` is 'whole': every run reads everything.

-- reference ---------------------------------------------------------------------------------------------------------------------

-- No properties, trust or barcode: before 18 Odoo stores them per company elsewhere, and reads them record by record.
INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, depends, builtin) VALUES (
  'reference', 'partners', 'res.partner', 10,
  '{name, complete_name, ref, vat, company_registry, active,
    is_company, type, parent_id, commercial_partner_id, commercial_company_name, company_name, company_id,
    user_id, team_id, buyer_id, industry_id, title, function,
    email, phone, mobile, website, lang,
    street, street2, zip, city, state_id, country_id, country_code,
    customer_rank, supplier_rank, partner_share, employee,
    create_date, create_uid, write_date, write_uid}',
  '{commercial_partner_id, parent_id, vat, email}', '{invoice_ids, child_ids.invoice_ids, child_ids.child_ids.invoice_ids}', true);

-- The address is the partner's; Odoo computes it, which a table of a few rows can afford.
INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, compare, builtin) VALUES (
  'reference', 'companies', 'res.company', 11,
  '{name, active, sequence, partner_id, parent_id, currency_id,
    email, phone, website, vat, company_registry,
    street, street2, zip, city, state_id, country_id, country_code,
    account_fiscal_country_id|account_tax_fiscal_country_id, tax_calculation_rounding_method,
    fiscalyear_last_day, fiscalyear_last_month,
    fiscalyear_lock_date, tax_lock_date, period_lock_date, sale_lock_date, purchase_lock_date, hard_lock_date,
    create_date, write_date}', 'whole', true);

-- No rate: Odoo computes it for today and the caller's company, so that it would be stale by tomorrow without any record having changed.
INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, builtin) VALUES (
  'reference', 'currencies', 'res.currency', 12,
  '{name, full_name, symbol, position, iso_numeric, active,
    rounding, decimal_places, currency_unit_label, currency_subunit_label,
    create_date, write_date}', true);

INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, compare, builtin) VALUES (
  'reference', 'users', 'res.users', 13,
  '{name, login, email, active, share, lang,
    partner_id, company_id, company_ids, sale_team_id,
    create_date, create_uid, write_date, write_uid}', 'whole', true);

INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, builtin) VALUES (
  'reference', 'journals', 'account.journal', 14,
  '{name, code, type, active, sequence, company_id, currency_id,
    default_account_id, suspense_account_id, profit_account_id, loss_account_id,
    refund_sequence, restrict_mode_hash_table,
    create_date, create_uid, write_date, write_uid}', true);

-- From 18 on an account has many companies, and its code is the one in the API user's company;
-- placeholder_code is the code in the account's first company, with that company's name where it is another one.
-- No root_id: its ids are made up from the code, and are text from 18 on.
INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, compare, builtin) VALUES (
  'reference', 'accounts', 'account.account', 15,
  '{code, placeholder_code, name, active, deprecated,
    account_type, user_type_id, internal_type, internal_group, reconcile, non_trade,
    company_id, company_ids, currency_id, group_id, note,
    create_date, create_uid, write_date, write_uid}',
  '{code}', 'whole', true);

INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, compare, builtin) VALUES (
  'reference', 'product_categories', 'product.category', 16,
  '{name, complete_name, parent_id, parent_path, removal_strategy_id,
    property_cost_method, property_valuation,
    property_account_income_categ_id, property_account_expense_categ_id, property_stock_valuation_account_id,
    create_date, create_uid, write_date, write_uid}', 'whole', true);

-- Up to 18 `factor` counts units per reference unit (a dozen: 1/12), and factor_inv the other way round; from 19 on `factor` is what
-- factor_inv was (a dozen: 12).
INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, compare, builtin) VALUES (
  'reference', 'units', 'uom.uom', 17,
  '{name, active, sequence, category_id, uom_type, factor, factor_inv,
    relative_factor, relative_uom_id, parent_path, rounding,
    create_date, create_uid, write_date, write_uid}', 'whole', true);

INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, builtin) VALUES (
  'reference', 'warehouses', 'stock.warehouse', 18,
  '{name, code, active, sequence, company_id, partner_id,
    view_location_id, lot_stock_id, wh_input_stock_loc_id, wh_qc_stock_loc_id, wh_output_stock_loc_id, wh_pack_stock_loc_id,
    reception_steps, delivery_steps, in_type_id, out_type_id, int_type_id,
    create_date, create_uid, write_date, write_uid}', true);

INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, compare, builtin) VALUES (
  'reference', 'locations', 'stock.location', 19,
  '{name, complete_name, usage, active, location_id, parent_path, company_id, warehouse_id, barcode,
    scrap_location, return_location, replenish_location, storage_category_id, removal_strategy_id,
    valuation_account_id, valuation_in_account_id, valuation_out_account_id,
    last_inventory_date, next_inventory_date, cyclic_inventory_frequency,
    create_date, create_uid, write_date, write_uid}',
  '{location_id}', 'whole', true);

-- products ----------------------------------------------------------------------------------------------------------------------

-- A variant's price and name have those of its attribute values in them; a name only where the attribute has several for the template.
-- What counts as on hand depends on where in the tree of locations its stock is.
-- "Storable" moved from type = 'product' (14) to detailed_type (15 to 17) to is_storable (18 on): three fields, since their values differ.
INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, depends, builtin) VALUES (
  'products', 'products', 'product.product', 20,
  '{name, display_name, default_code, barcode, active, product_tmpl_id, categ_id, company_id, currency_id,
    type, detailed_type, is_storable, tracking, expense_policy,
    sale_ok, purchase_ok, invoice_policy, purchase_method, sale_delay, responsible_id,
    uom_id, uom_po_id, weight, volume,
    list_price, lst_price, standard_price, taxes_id, supplier_taxes_id,
    property_account_income_id, property_account_expense_id,
    qty_available, virtual_available, incoming_qty, outgoing_qty, free_qty,
    description_sale, description_purchase,
    create_date, create_uid, write_date, write_uid}',
  '{product_tmpl_id, categ_id, default_code, barcode}',
  '{product_tmpl_id, stock_quant_ids, stock_move_ids, stock_quant_ids.location_id, product_template_attribute_value_ids,
    product_template_attribute_value_ids.attribute_line_id,
    product_template_attribute_value_ids.product_attribute_value_id}', true);

-- invoices ----------------------------------------------------------------------------------------------------------------------

INSERT INTO odoo_sync.mirrors (type, table_name, model, position, domain, fields, indexes, depends, unique_key, builtin) VALUES (
  'invoices', 'invoices', 'account.move', 30,
  '[["state", "=", "posted"], ["move_type", "!=", "entry"]]',
  '{name, ref, payment_reference, invoice_origin, move_type, state, payment_state, is_move_sent,
    sequence_prefix, sequence_number,
    invoice_date, invoice_date_due, date, delivery_date,
    partner_id, commercial_partner_id, partner_shipping_id, invoice_partner_display_name,
    company_id, journal_id, currency_id, invoice_currency_rate, invoice_user_id, team_id,
    fiscal_position_id, invoice_payment_term_id, invoice_incoterm_id, incoterm_location, reversed_entry_id,
    amount_untaxed, amount_tax, amount_total, amount_residual,
    amount_untaxed_signed, amount_tax_signed, amount_total_signed, amount_residual_signed, amount_total_in_currency_signed,
    narration, create_date, create_uid, write_date, write_uid}',
  '{partner_id, invoice_date, "payment_state,invoice_date_due"}', '{line_ids}', '{journal_id, name}', true);

-- Up to 15 display_type tells sections and notes only, and a flag of its own keeps tax and payment-term lines off the invoice; from 16
-- on display_type tells all.
INSERT INTO odoo_sync.mirrors (type, table_name, model, position, since, until, domain, fields, indexes, parent, depends, builtin)
SELECT 'invoices', 'invoice_lines', 'account.move.line', 31, series.since, series.until, series.domain,
  '{move_id, move_name, sequence, display_type, name, ref,
    date, invoice_date, date_maturity,
    partner_id, company_id, journal_id, account_id, currency_id, company_currency_id,
    product_id, product_uom_id, quantity, price_unit, discount, deductible_amount, is_downpayment,
    price_subtotal, price_total, amount_currency, debit, credit, balance,
    analytic_account_id, analytic_distribution, purchase_line_id,
    create_date, create_uid, write_date, write_uid}',
  '{move_id, product_id, date, purchase_line_id}', 'move_id', '{move_id}', true
FROM (VALUES
  (0::smallint, 15::smallint,
   '[["parent_state", "=", "posted"], ["move_id.move_type", "!=", "entry"],
     ["exclude_from_invoice_tab", "=", false]]'::jsonb),
  (16, 32767,
   '[["parent_state", "=", "posted"], ["move_id.move_type", "!=", "entry"],
     ["display_type", "in", ["product", "line_section", "line_subsection", "line_note"]]]')
) AS series (since, until, domain);

-- purchases ---------------------------------------------------------------------------------------------------------------------

INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, depends, builtin) VALUES (
  'purchases', 'purchases', 'purchase.order', 40,
  '{name, partner_ref, origin, state, locked, priority, invoice_status, receipt_status, invoice_count,
    acknowledged|mail_reception_confirmed,
    date_order, date_approve, date_planned, effective_date,
    partner_id, dest_address_id, company_id, user_id, currency_id, currency_rate,
    fiscal_position_id, payment_term_id, incoterm_id, incoterm_location, picking_type_id,
    amount_untaxed, amount_tax, amount_total, amount_total_cc,
    note|notes, create_date, create_uid, write_date, write_uid}',
  '{partner_id, date_order, name}', '{order_line}', true);

INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, parent, depends, builtin) VALUES (
  'purchases', 'purchase_lines', 'purchase.order.line', 41,
  '{order_id, sequence, display_type, name, state, date_planned,
    partner_id, company_id, currency_id, product_id, product_uom_id|product_uom,
    product_qty, product_uom_qty, price_unit, discount, is_downpayment,
    price_subtotal, price_tax, price_total,
    qty_received, qty_received_method, qty_received_manual, qty_invoiced, qty_to_invoice,
    account_analytic_id, analytic_distribution, sale_line_id,
    create_date, create_uid, write_date, write_uid}',
  '{order_id, product_id, date_planned, sale_line_id}', 'order_id', '{order_id}', true);

-- sales -------------------------------------------------------------------------------------------------------------------------

INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, depends, builtin) VALUES (
  'sales', 'sales', 'sale.order', 50,
  '{name, client_order_ref, origin, reference, state, locked, invoice_status, delivery_status,
    date_order, commitment_date, effective_date, validity_date, signed_on,
    partner_id, partner_invoice_id, partner_shipping_id, company_id, user_id, team_id, warehouse_id,
    currency_id, currency_rate, pricelist_id, fiscal_position_id, payment_term_id, incoterm, incoterm_location,
    picking_policy, sale_order_template_id, analytic_account_id, campaign_id, medium_id, source_id,
    amount_untaxed, amount_tax, amount_total, prepayment_percent,
    note, create_date, create_uid, write_date, write_uid}',
  '{partner_id, date_order, name}', '{order_line}', true);

INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, parent, depends, builtin) VALUES (
  'sales', 'sale_lines', 'sale.order.line', 51,
  '{order_id, sequence, display_type, name, state, invoice_status,
    order_partner_id, salesman_id, company_id, currency_id, product_id, product_uom_id|product_uom,
    product_uom_qty, price_unit, discount, is_downpayment, is_expense, customer_lead,
    price_subtotal, price_tax, price_total, price_reduce_taxexcl, price_reduce_taxinc,
    qty_delivered, qty_delivered_method, qty_invoiced, qty_to_invoice,
    untaxed_amount_invoiced, untaxed_amount_to_invoice, analytic_distribution,
    create_date, create_uid, write_date, write_uid}',
  '{order_id, product_id, order_partner_id}', 'order_id', '{order_id}', true);

-- inventory ---------------------------------------------------------------------------------------------------------------------

-- Every location, customers' and suppliers' too, as in Odoo: locations.usage = 'internal' is what one has in stock.
INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, compare, builtin) VALUES (
  'inventory', 'inventory', 'stock.quant', 60,
  '{product_id, location_id, lot_id, package_id, owner_id, company_id,
    quantity, reserved_quantity, in_date,
    inventory_date, inventory_quantity_set, inventory_diff_quantity, user_id, accounting_date,
    create_date, create_uid, write_date, write_uid}',
  '{product_id, location_id, lot_id}', 'whole', true);

CREATE FUNCTION "adopt"("table_name" regclass, "type" text, "connection" text DEFAULT 'odoo')
RETURNS TABLE ("action" text, "detail" text, "row_count" bigint)
LANGUAGE c AS 'MODULE_PATHNAME', 'adopt_wrapper';

CREATE  FUNCTION "cancel"(
	"connection" TEXT DEFAULT NULL /* Option < & str > */
) RETURNS INT /* Result < i32, ErrorReport > */
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'cancel_wrapper';

CREATE  FUNCTION "check"(
	"connection" TEXT DEFAULT 'odoo' /* Option < & str > */
) RETURNS TABLE (
	"subject" TEXT,  /* String */
	"ok" bool,  /* bool */
	"detail" TEXT  /* String */
)
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'check_wrapper';

CREATE  FUNCTION "connect"(
	"url" TEXT, /* Option < & str > */
	"database" TEXT, /* Option < & str > */
	"login" TEXT, /* Option < & str > */
	"secret" TEXT, /* Option < & str > */
	"name" TEXT DEFAULT 'odoo' /* Option < & str > */
) RETURNS TABLE (
	"name" TEXT,  /* String */
	"url" TEXT,  /* String */
	"database" TEXT,  /* String */
	"server_version" TEXT,  /* String */
	"protocol" TEXT,  /* String */
	"user_name" TEXT,  /* String */
	"company" TEXT  /* String */
)
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'connect_wrapper';

CREATE  FUNCTION "disconnect"(
	"name" TEXT /* Option < & str > */
) RETURNS VOID /* Result < (), ErrorReport > */
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'disconnect_wrapper';

CREATE  FUNCTION "run"(
	"types" TEXT[] DEFAULT NULL, /* :: std :: option :: Option < Vec < Option < String > > > */
	"full" bool DEFAULT false, /* Option < bool > */
	"wait" bool DEFAULT true, /* Option < bool > */
	"connection" TEXT DEFAULT NULL, /* Option < & str > */
	"force" bool DEFAULT false /* Option < bool > */
) RETURNS TABLE (
	"run_id" bigint,  /* i64 */
	"connection" TEXT,  /* String */
	"type" TEXT,  /* String */
	"status" TEXT,  /* String */
	"mode" TEXT,  /* Option < String > */
	"fetched" bigint,  /* i64 */
	"inserted" bigint,  /* i64 */
	"updated" bigint,  /* i64 */
	"deleted" bigint,  /* i64 */
	"failed" bigint,  /* i64 */
	"duration" interval,  /* Interval */
	"message" TEXT  /* Option < String > */
)
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'run_wrapper';

CREATE  FUNCTION "run_due"(
	"connection" TEXT DEFAULT NULL /* Option < & str > */
) RETURNS TABLE (
	"run_id" bigint,  /* i64 */
	"connection" TEXT,  /* String */
	"type" TEXT,  /* String */
	"status" TEXT,  /* String */
	"mode" TEXT,  /* Option < String > */
	"fetched" bigint,  /* i64 */
	"inserted" bigint,  /* i64 */
	"updated" bigint,  /* i64 */
	"deleted" bigint,  /* i64 */
	"failed" bigint,  /* i64 */
	"duration" interval,  /* Interval */
	"message" TEXT  /* Option < String > */
)
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'run_due_wrapper';

CREATE  FUNCTION "schedule"(
	"cron" TEXT DEFAULT '0 */2 * * *', /* Option < & str > */
	"connection" TEXT DEFAULT NULL /* Option < & str > */
) RETURNS bigint /* Result < i64, ErrorReport > */
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'schedule_wrapper';

CREATE  FUNCTION "status"(
	"connection" TEXT DEFAULT NULL /* Option < & str > */
) RETURNS TABLE (
	"connection" TEXT,  /* String */
	"type" TEXT,  /* String */
	"state" TEXT,  /* String */
	"last_run" timestamp with time zone,  /* Option < TimestampWithTimeZone > */
	"last_success" timestamp with time zone,  /* Option < TimestampWithTimeZone > */
	"next_due" timestamp with time zone,  /* Option < TimestampWithTimeZone > */
	"row_count" bigint,  /* Option < i64 > */
	"fetched" bigint,  /* Option < i64 > */
	"inserted" bigint,  /* Option < i64 > */
	"updated" bigint,  /* Option < i64 > */
	"deleted" bigint,  /* Option < i64 > */
	"failed" bigint,  /* Option < i64 > */
	"progress" TEXT,  /* Option < String > */
	"message" TEXT  /* Option < String > */
)
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'status_wrapper';

CREATE  FUNCTION "unschedule"(
	"connection" TEXT DEFAULT NULL /* Option < & str > */
) RETURNS bool /* Result < bool, ErrorReport > */
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'unschedule_wrapper';

CREATE  FUNCTION "validate_options"(
	"options" TEXT[], /* Vec < Option < String > > */
	"catalog" oid /* pg_sys :: Oid */
) RETURNS VOID /* Result < (), ErrorReport > */
STRICT 
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'validate_options_wrapper';

-- requires:
--   api::validator::validate_options

-- No handler, as dblink has it: a connection is a foreign server for the sake of its user mapping, which hides and dumps its secret.
CREATE FOREIGN DATA WRAPPER odoo_sync VALIDATOR odoo_sync.validate_options;
COMMENT ON FOREIGN DATA WRAPPER odoo_sync IS 'Connections to Odoo; odoo_sync.connect() makes them';

CREATE  FUNCTION "verify"(
	"types" TEXT[] DEFAULT NULL, /* :: std :: option :: Option < Vec < Option < String > > > */
	"connection" TEXT DEFAULT 'odoo' /* Option < & str > */
) RETURNS TABLE (
	"type" TEXT,  /* String */
	"table_name" TEXT,  /* String */
	"odoo_count" bigint,  /* Option < i64 > */
	"local_count" bigint,  /* Option < i64 > */
	"missing" bigint,  /* Option < i64 > */
	"extra" bigint,  /* Option < i64 > */
	"different" bigint,  /* Option < i64 > */
	"ok" bool,  /* bool */
	"detail" TEXT  /* Option < String > */
)
LANGUAGE c /* Rust */
AS 'MODULE_PATHNAME', 'verify_wrapper';

-- finalize
-- What each function is for, and who may call it: nobody but the extension's owner, until an administrator grants it.

COMMENT ON FUNCTION odoo_sync.connect IS
    'Makes or replaces a connection, after it has reached the server and logged in: connect(url, database, login, secret, name => ''odoo''). The name is also the schema of its mirrors';
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
COMMENT ON FUNCTION odoo_sync.validate_options IS
    'Checks the options of connections and of their user mappings';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA odoo_sync FROM PUBLIC;


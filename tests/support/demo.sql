-- What `make demo` shows: from nothing to an Odoo's records in tables. psql repeats each statement before its result.
-- Reads ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_SECRET from the environment.
\set QUIET on
\set ON_ERROR_STOP on
\pset pager off
\pset footer off
\pset null '-'
\set url `printenv ODOO_URL`
\set database `printenv ODOO_DB`
\set login `printenv ODOO_LOGIN`
\set secret `printenv ODOO_SECRET`
\set ECHO queries

CREATE EXTENSION pg_cron;
CREATE EXTENSION odoo_sync;

\echo
\echo '-- Connect: nothing is kept before the server has been reached and logged in to.'
\set ECHO none
-- psql would repeat the statement with the secret in it
\echo SELECT * FROM odoo_sync.connect(:'url', :'database', :'login', '''********''');
SELECT * FROM odoo_sync.connect(:'url', :'database', :'login', :'secret');
\unset secret
\set ECHO queries

\echo
\echo '-- What can be read there, and what this server lacks. Changes nothing.'
SELECT * FROM odoo_sync.check();

\echo
\echo '-- Everything there is, into tables.'
SELECT type, status, mode, fetched, inserted, updated, deleted, failed, duration FROM odoo_sync.run();

\echo
\echo '-- Once more: rows that did not change are not written again.'
SELECT type, status, mode, fetched, inserted, updated, deleted, failed, duration FROM odoo_sync.run();

\echo
\echo '-- How things stand, at any time, seen from any session.'
SELECT type, state, date_trunc('second', last_success) AS last_success, row_count, failed, message FROM odoo_sync.status();

-- a user's own Odoo need not have each of these applications
\set ECHO none
SELECT to_regclass('odoo.invoices') IS NOT NULL AND to_regclass('odoo.partners') IS NOT NULL
         AND to_regclass('odoo.currencies') IS NOT NULL AS has_invoices,
       to_regclass('odoo.sale_lines') IS NOT NULL AND to_regclass('odoo.sales') IS NOT NULL AS has_sales,
       to_regclass('odoo.products') IS NOT NULL AS has_products
\gset
\set ECHO queries

\if :has_invoices
\echo
\echo '-- The latest invoices.'
SELECT i.name, i.invoice_date, p.name AS partner, i.amount_total, c.name AS currency, i.payment_state
  FROM odoo.invoices i
  LEFT JOIN odoo.partners p ON p.id = i.partner_id
  LEFT JOIN odoo.currencies c ON c.id = i.currency_id
 ORDER BY i.invoice_date DESC, i.id DESC
 LIMIT 5;
\endif

\if :has_sales
\echo
\echo '-- What sells best.'
SELECT l.product_id, min(l.name) AS product, sum(l.product_uom_qty) AS ordered, sum(l.price_subtotal) AS untaxed
  FROM odoo.sale_lines l
  JOIN odoo.sales s ON s.id = l.order_id
 WHERE s.state IN ('sale', 'done') AND l.product_id IS NOT NULL
 GROUP BY l.product_id
 ORDER BY untaxed DESC
 LIMIT 5;
\endif

\if :has_products
\echo
\echo '-- What is in stock.'
SELECT default_code, name, qty_available, virtual_available
  FROM odoo.products
 WHERE qty_available <> 0
 ORDER BY qty_available DESC
 LIMIT 5;
\endif

\echo
\echo '-- And from now on by itself, every two hours.'
SELECT odoo_sync.schedule();
SELECT jobid, jobname, schedule, command, database, username, active FROM cron.job;

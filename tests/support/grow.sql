-- Grows an Odoo 19 or 14 database by raw SQL: :k copies of each posted invoice, sales order and purchase order, with
-- their lines. Copy number k of record id has the id k * 100,000 + id, a name and a write date of its own; Odoo's ids are
-- integers, so that k may be up to 21,000. Run it once, over a fresh copy:
--   odoo.sh psql 19 NAME -v k=1500 -f grow.sql

-- clone(source, k, computed, condition): inserts k copies of the rows of source that meet the condition, with the
-- computed columns from these expressions (t is the row, k the copy's number) and all others as they are. Columns that
-- this version of Odoo lacks are left out. Returns the number of rows inserted.
CREATE FUNCTION pg_temp.clone(source regclass, k int, computed jsonb, condition text) RETURNS bigint AS $$
DECLARE
  columns text;
  expressions text;
  inserted bigint;
BEGIN
  SELECT string_agg(quote_ident(attname), ', '),
         string_agg(coalesce(computed ->> attname, 't.' || quote_ident(attname)), ', ')
    INTO columns, expressions
    FROM pg_attribute
   WHERE attrelid = source AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
  EXECUTE format('INSERT INTO %1$s (%2$s) SELECT %3$s FROM %1$s t, generate_series(1, %4$s) k WHERE t.id < 100000 AND %5$s',
                 source, columns, expressions, k, condition);
  GET DIAGNOSTICS inserted = ROW_COUNT;
  EXECUTE format('SELECT setval(pg_get_serial_sequence(%1$L, ''id''), (SELECT max(id) FROM %1$s))', source);
  RETURN inserted;
END
$$ LANGUAGE plpgsql;

BEGIN;

-- no triggers, and no foreign keys while lines point to headers
SET LOCAL session_replication_role = replica;

SELECT 'account_move', pg_temp.clone('account_move', :k, $${
  "id": "t.id + k * 100000",
  "name": "t.name || '-' || k",
  "payment_reference": "t.payment_reference || '-' || k",
  "secure_sequence_number": "NULL",
  "write_date": "t.write_date + k * interval '1 second'"
}$$, $$t.move_type <> 'entry' AND t.state = 'posted'$$);

SELECT 'account_move_line', pg_temp.clone('account_move_line', :k, $${
  "id": "t.id + k * 100000",
  "move_id": "t.move_id + k * 100000",
  "full_reconcile_id": "NULL",
  "write_date": "t.write_date + k * interval '1 second'"
}$$, $$t.move_id IN (SELECT id FROM account_move WHERE id < 100000 AND move_type <> 'entry' AND state = 'posted')$$);

SELECT 'sale_order', pg_temp.clone('sale_order', :k, $${
  "id": "t.id + k * 100000",
  "name": "t.name || '-' || k",
  "access_token": "NULL",
  "write_date": "t.write_date + k * interval '1 second'"
}$$, 'true');

SELECT 'sale_order_line', pg_temp.clone('sale_order_line', :k, $${
  "id": "t.id + k * 100000",
  "order_id": "t.order_id + k * 100000",
  "write_date": "t.write_date + k * interval '1 second'"
}$$, 'true');

SELECT 'purchase_order', pg_temp.clone('purchase_order', :k, $${
  "id": "t.id + k * 100000",
  "name": "t.name || '-' || k",
  "access_token": "NULL",
  "write_date": "t.write_date + k * interval '1 second'"
}$$, 'true');

SELECT 'purchase_order_line', pg_temp.clone('purchase_order_line', :k, $${
  "id": "t.id + k * 100000",
  "order_id": "t.order_id + k * 100000",
  "write_date": "t.write_date + k * interval '1 second'"
}$$, 'true');

COMMIT;
ANALYZE;

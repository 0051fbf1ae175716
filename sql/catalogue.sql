-- The catalogue: which Odoo model and which of its fields fill which table. Each row is one mirror; a type is the mirrors that bear its
-- name. The rows below are the built-in ones (`builtin`), of the same kind as a user's own. A list names what any of Odoo 14 to 19 may
-- have: whatever a server lacks is left out at run time and named by odoo_sync.check(), 'a|b' takes the first of the two that is there,
-- and custom fields (x_…) need no mention. Invoices, orders, their lines, quants and partners keep to fields that Odoo reads by columns
-- (scalars, stored or near to it, on 14 and on 19), since one other field costs each page a second request; the rest may ask for more.
-- Left out everywhere: what belongs to a group of users rather than to all internal ones, secrets and access tokens, bank accounts,
-- images, and values that depend on the day they are asked for. Positions put what other mirrors' ids point to first.
--
-- `depends` leads to the records whose change changes what a record shows without touching its own write_date: a product's template and
-- stock, a line's header. Where no write_date tells, and the table is small, or Odoo writes it
-- by raw SQL as it does quants, `compare` is 'whole': every run reads everything. What remains leaves no date anywhere: `compared_sums`
-- names integers whose sums tell, and `depends_in_doubt` where to look then, which would cost too much each time;
-- `tracked_models` other models whose deleted records counted for these. (Many2ones that a deletion empties need no mention: each run compares how many records
-- have one.)

-- reference ---------------------------------------------------------------------------------------------------------------------

-- No properties, trust or barcode: before 18 Odoo stores them per company elsewhere, and reads them record by record.
INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, compared_sums, depends_in_doubt, builtin) VALUES (
  'reference', 'partners', 'res.partner', 10,
  '{name, complete_name, ref, vat, company_registry, active,
    is_company, type, parent_id, commercial_partner_id, commercial_company_name, company_name, company_id,
    user_id, team_id, buyer_id, industry_id, title, function,
    email, phone, mobile, website, lang,
    street, street2, zip, city, state_id, country_id, country_code,
    customer_rank, supplier_rank, partner_share, employee,
    create_date, create_uid, write_date, write_uid}',
  '{commercial_partner_id, parent_id, vat, email}', '{customer_rank, supplier_rank}',
  '{invoice_ids, child_ids.invoice_ids, child_ids.child_ids.invoice_ids}', true);

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
-- What counts as on hand depends on where in the tree of locations its stock is, and what is forecast, on where moves begin and end:
-- a location may be moved with those in it. Moves go when their transfer is deleted, and quants may be deleted with their quantity:
-- all places together, customers and suppliers too, have as much after a move as before, so that their sum tells. A tax that is deleted goes from the products' lists.
-- "Storable" moved from type = 'product' (14) to detailed_type (15 to 17) to is_storable (18 on): three fields, since their values differ.
INSERT INTO odoo_sync.mirrors (type, table_name, model, position, fields, indexes, depends, tracked_models, builtin) VALUES (
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
  '{product_tmpl_id, stock_quant_ids, stock_move_ids,
    stock_quant_ids.location_id, stock_quant_ids.location_id.location_id,
    stock_move_ids.location_id, stock_move_ids.location_id.location_id,
    stock_move_ids.location_dest_id, stock_move_ids.location_dest_id.location_id,
    product_template_attribute_value_ids,
    product_template_attribute_value_ids.attribute_line_id,
    product_template_attribute_value_ids.product_attribute_value_id}', '{stock.move, "stock.quant:quantity", account.tax}', true);

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

#!/usr/bin/env python3
"""Captures what the real Odoo servers say about their fields, for the sample Odoo to say the same.

    capture.py 14 URL DATABASE LOGIN SECRET >fields_14.json
    capture.py 19 URL DATABASE LOGIN SECRET >fields_19.json

For each model: its name, and for each field that `fields_get` knows and that is wanted here, its attributes (the ones that
a client may act on) and, as `columnar`, whether a columnar read of it was answered. Wanted are the fields that
sql/catalogue.sql lists for the model, and the ones named below. Speaks JSON-RPC, which both versions have.
"""

import json
import os
import re
import sys
import urllib.request

# kept beside the catalogue's: what domains, parents and custom types are tested with, and one of each kind that cannot be read by columns
WANTED = {
    "account.move": "name state move_type date invoice_date invoice_date_due partner_id company_id journal_id currency_id amount_untaxed amount_tax amount_total "
    "amount_residual amount_untaxed_signed amount_tax_signed amount_total_signed amount_residual_signed payment_state ref narration payment_reference invoice_origin "
    "invoice_user_id team_id fiscal_position_id invoice_payment_term_id commercial_partner_id partner_shipping_id reversed_entry_id invoice_partner_display_name "
    "is_move_sent to_check posted_before line_ids invoice_line_ids display_name has_reconciled_entries access_url",
    "account.move.line": "move_id move_name parent_state display_type exclude_from_invoice_tab sequence name ref date product_id product_uom_id quantity price_unit discount "
    "price_subtotal price_total debit credit balance amount_currency amount_residual amount_residual_currency account_id partner_id company_id currency_id "
    "company_currency_id journal_id tax_ids tax_line_id tax_base_amount analytic_account_id analytic_distribution date_maturity reconciled account_internal_type "
    "full_reconcile_id purchase_line_id sale_line_ids",
    "purchase.order": "name state date_order date_approve date_planned effective_date partner_id partner_ref company_id currency_id user_id amount_untaxed amount_tax amount_total "
    "invoice_status invoice_count receipt_status origin notes note picking_type_id fiscal_position_id payment_term_id incoterm_id priority locked currency_rate order_line "
    "invoice_ids",
    "purchase.order.line": "order_id sequence name display_type product_id product_uom product_uom_id product_qty product_uom_qty price_unit discount price_subtotal price_tax "
    "price_total qty_received qty_received_manual qty_received_method qty_invoiced qty_to_invoice date_planned date_order state company_id currency_id partner_id account_analytic_id "
    "analytic_distribution taxes_id tax_ids orderpoint_id",
    "sale.order": "name state date_order validity_date commitment_date effective_date expected_date create_date partner_id partner_invoice_id partner_shipping_id company_id "
    "currency_id pricelist_id user_id team_id client_order_ref origin note reference amount_untaxed amount_tax amount_total invoice_status delivery_status payment_term_id "
    "fiscal_position_id warehouse_id incoterm picking_policy currency_rate locked order_line invoice_ids require_signature signed_by signed_on",
    "sale.order.line": "order_id sequence name display_type product_id product_template_id product_uom product_uom_id product_uom_qty price_unit discount price_subtotal price_tax "
    "price_total price_reduce qty_delivered qty_delivered_method qty_invoiced qty_to_invoice untaxed_amount_invoiced untaxed_amount_to_invoice state invoice_status company_id "
    "currency_id order_partner_id salesman_id customer_lead is_expense is_downpayment analytic_distribution tax_id tax_ids warehouse_id",
    "product.product": "name default_code barcode active type detailed_type is_storable categ_id list_price lst_price standard_price uom_id uom_po_id weight volume sale_ok purchase_ok "
    "description description_sale description_purchase company_id currency_id product_tmpl_id tracking invoice_policy purchase_method expense_policy responsible_id "
    "qty_available virtual_available incoming_qty outgoing_qty free_qty taxes_id supplier_taxes_id product_template_attribute_value_ids combination_indices "
    "is_product_variant image_1920 stock_quant_ids stock_move_ids service_type priority sale_delay route_ids",
    # beside the record that inherits them: all that product.product inherits is added to these
    "product.template": "product_variant_ids active default_code standard_price",
    "stock.move": "name product_id product_uom product_uom_qty state date location_id location_dest_id company_id origin reference picking_id "
    "sale_line_id purchase_line_id priority quantity",
    "stock.quant": "product_id product_tmpl_id product_uom_id location_id warehouse_id lot_id package_id owner_id company_id quantity reserved_quantity available_quantity "
    "inventory_quantity inventory_date in_date product_categ_id value currency_id storage_category_id tracking user_id on_hand cyclic_inventory_frequency",
    "res.partner": "name display_name complete_name active is_company company_type parent_id commercial_partner_id commercial_company_name type email phone mobile website vat ref lang tz "
    "street street2 city zip state_id country_id user_id company_id function comment color customer_rank supplier_rank credit_limit industry_id child_ids category_id "
    "partner_share property_account_receivable_id company_registry title employee image_1920 credit debit total_invoiced invoice_ids",
    "res.company": "name active sequence parent_id partner_id currency_id country_id email phone website vat company_registry street street2 city zip state_id user_ids "
    "fiscalyear_last_day fiscalyear_last_month child_ids",
    "res.currency": "name full_name symbol active position rounding decimal_places rate inverse_rate currency_unit_label currency_subunit_label iso_numeric date",
    "res.users": "name login active email partner_id company_id company_ids lang tz share signature login_date notification_type groups_id group_ids action_id",
    "account.journal": "name code active type company_id currency_id default_account_id suspense_account_id sequence color invoice_reference_type refund_sequence payment_sequence "
    "show_on_dashboard profit_account_id loss_account_id bank_id",
    "account.account": "name code active deprecated account_type user_type_id internal_type internal_group company_id company_ids currency_id reconcile note tax_ids group_id root_id "
    "include_initial_balance used non_trade tag_ids",
    "product.category": "name complete_name parent_id parent_path child_id product_count removal_strategy_id property_cost_method property_valuation route_ids",
    "uom.uom": "name active category_id factor factor_inv ratio rounding uom_type relative_factor relative_uom_id parent_path sequence",
    "stock.warehouse": "name code active company_id partner_id view_location_id lot_stock_id reception_steps delivery_steps sequence wh_input_stock_loc_id wh_output_stock_loc_id",
    "stock.location": "name complete_name active usage location_id company_id parent_path scrap_location barcode posx posy posz comment removal_strategy_id warehouse_id "
    "child_ids cyclic_inventory_frequency last_inventory_date storage_category_id replenish_location",
    "account.tax": "name description active amount amount_type type_tax_use company_id sequence price_include include_base_amount tax_group_id country_id invoice_label tax_scope "
    "is_base_affected analytic children_tax_ids",
}
EVERYWHERE = "create_date write_date create_uid write_uid __last_update"
# what a client may act on; `help`, `depends`, `domain`, `states` and the like are for Odoo's own pages
ATTRIBUTES = (
    "type string store sortable searchable groupable relation relation_field required readonly digits currency_field selection company_dependent related "
    "group_operator aggregator translate size manual"
).split()


class Refused(Exception):
    """Odoo answered with an error."""


def call(url, service, method, *arguments):
    body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": {"service": service, "method": method, "args": arguments}}
    request = urllib.request.Request(url + "/jsonrpc", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        answer = json.load(answer)
    if "error" in answer:
        raise Refused(answer["error"]["data"]["message"])
    return answer.get("result")


def catalogue(path):
    """The field names that the catalogue lists for each model."""
    fields = {}
    if os.path.exists(path):
        text = re.sub(r"--.*", "", open(path, encoding="utf-8").read())
        for statement in text.split(";"):
            models = [model for model in WANTED if f"'{model}'" in statement]
            if len(models) == 1:
                for names in re.findall(r"'\{(.*?)\}'", statement, re.DOTALL):
                    fields.setdefault(models[0], set()).update(re.findall(r"[a-z_0-9]+", names))
    return fields


def parent(attributes):
    """The many2one that a related field goes through; a list before 16, a dotted path since."""
    related = attributes.get("related") or [""]
    return related.split(".")[0] if isinstance(related, str) else related[0]


def main(series, url, database, login, secret):
    uid = call(url, "common", "authenticate", database, login, secret, {})
    if not uid:
        sys.exit(f"{database}: login {login!r} was refused")

    def execute(model, method, arguments, **keywords):
        return call(url, "object", "execute_kw", database, uid, secret, model, method, arguments, keywords)

    def columnar(model, field):
        try:
            execute(model, "read_group", [[], [f"{field}:array_agg"], []])
        except Refused:
            return False
        return True

    listed = catalogue(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../sql/catalogue.sql"))
    models = {}
    for model, wanted in WANTED.items():
        known = execute(model, "fields_get", [], attributes=ATTRIBUTES)
        names = {"id", "display_name"} | set(wanted.split()) | set(EVERYWHERE.split()) | listed.get(model, set())
        if model == "product.template":
            inherited = models["product.product"]["fields"].items()
            names |= {name for name, attributes in inherited if parent(attributes) == "product_tmpl_id"}
        fields = {}
        for name in sorted(names & set(known)):
            attributes = {key: known[name][key] for key in ATTRIBUTES if key in known[name]}
            fields[name] = attributes | {"columnar": columnar(model, name)}
        label = execute("ir.model", "search_read", [[["model", "=", model]], ["name"]])[0]["name"]
        models[model] = {"name": label, "fields": fields}
    rows = ",\n".join(
        f'  {json.dumps(model)}: {{"name": {json.dumps(entry["name"])}, "fields": {{\n'
        + ",\n".join(f"    {json.dumps(name)}: {json.dumps(attributes)}" for name, attributes in entry["fields"].items())
        + "\n  }}"
        for model, entry in models.items()
    )
    print(f'{{"series": "{series}", "models": {{\n{rows}\n}}}}')


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])

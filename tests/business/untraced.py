# Changes that Odoo makes to a record without writing when: each a pair, what is there before, and the change.

def goods():
    return product(STORABLE, ('tracking', '=', 'none'), ('purchase_ok', '=', True))


def expected_goods_before():
    order = env['purchase.order'].create({'partner_id': partner().id, 'order_line': [purchase_line(goods(), 7)]})
    order.button_confirm()
    return order.id


def expected_goods(order):
    """A receipt is deleted, and its moves with it: the product's incoming quantity changes."""
    env['purchase.order'].browse(order).picking_ids.unlink()


def category_of_goods_before():
    category = env['product.category'].create({'name': word()})
    goods().product_tmpl_id.categ_id = category
    return category.id


def category_of_goods(category):
    """From 17 on a category may be deleted while products have it: the database empties their many2one."""
    if SERIES >= 17:
        env['product.category'].browse(category).unlink()


def credited_invoice_before():
    journal = pick('account.journal', [('type', '=', 'sale'), ('company_id', '=', COMPANY)])
    invoice = env['account.move'].create({
        'move_type': 'out_invoice', 'journal_id': journal.id, 'partner_id': partner().id, 'invoice_date': date.today(),
        'invoice_line_ids': [invoice_line()]})
    invoice.action_post()
    credit = invoice._reverse_moves([{'invoice_date': date.today()}])
    credit.action_post()
    credit.line_ids.remove_move_reconcile()
    invoice.button_draft()
    return invoice.id


def credited_invoice(invoice):
    """A draft that a posted credit note was made of is deleted: the database empties the credit note's many2one."""
    env['account.move'].browse(invoice).with_context(force_delete=True).unlink()


def contact_of_contact_before():
    company, archived = env['res.partner'].create([{'name': word(), 'is_company': True}, {'name': word(), 'is_company': True}])
    contact = env['res.partner'].create({'name': word(), 'parent_id': company.id})
    contacts = env['res.partner'].create([{'name': word(), 'parent_id': contact.id}, {'name': word(), 'parent_id': archived.id}])
    contacts[1].active = False
    return contacts.ids


def contact_of_contact(contacts):
    """An invoice raises the rank of the company that a contact belongs to, however deep, and archived or not."""
    for contact in contacts:
        env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': contact, 'invoice_date': date.today(), 'invoice_line_ids': [invoice_line()]}).action_post()


def posted_and_deleted_before():
    return env['account.move'].create({
        'move_type': 'out_invoice', 'partner_id': partner().id, 'invoice_date': date.today(), 'invoice_line_ids': [invoice_line()]}).id


def posted_and_deleted(invoice):
    """An invoice is posted, reset and deleted: the customer's rank stays raised, and nothing tells of it."""
    invoice = env['account.move'].browse(invoice)
    invoice.action_post()
    invoice.button_draft()
    invoice.with_context(force_delete=True).unlink()


def related_field_before():
    settle()
    env['ir.model.fields'].create({
        'name': 'x_business_phone', 'field_description': word(), 'model_id': env['ir.model']._get('sale.order').id, 'ttype': 'char',
        'state': 'manual', 'related': 'partner_id.phone', 'store': False, 'readonly': True})
    return pick('sale.order').partner_id.id


def related_field(partner):
    """A custom field that shows a field of another record's changes with that one."""
    env['res.partner'].browse(partner).phone = f'+1 555 {chance.randint(1000, 9999)}'


def attribute_value_before():
    return pick('product.template.attribute.value', [('ptav_active', '=', True), ('product_tmpl_id.product_variant_ids', '!=', False)]).id


def attribute_value(value):
    """A variant costs what its template costs and what its attribute values cost more, and bears their names."""
    value = env['product.template.attribute.value'].browse(value)
    value.price_extra = amount()
    value.product_attribute_value_id.name = word()


def place_of_stock_before():
    place = env['stock.location'].create({'name': word(), 'usage': 'internal', 'location_id': shelf().id, 'company_id': COMPANY})
    env['stock.quant']._update_available_quantity(goods(), place, 5)
    return place.id


def place_of_stock(place):
    """A location is moved out of its warehouse: its stock is no longer on hand."""
    elsewhere = env['stock.location'].create({'name': word(), 'usage': 'view', 'company_id': COMPANY})
    env['stock.location'].browse(place).location_id = elsewhere


def place_of_moves_before():
    """Goods are expected to leave a place for a customer."""
    place = env['stock.location'].create({'name': word(), 'usage': 'internal', 'location_id': shelf().id, 'company_id': COMPANY})
    sold = goods()
    env['stock.quant']._update_available_quantity(sold, place, 5)
    kind = pick('stock.picking.type', [('code', '=', 'outgoing'), ('company_id', '=', COMPANY)])
    move = {
        'product_id': sold.id, 'product_uom_qty': 3, 'product_uom': sold.uom_id.id, 'location_id': place.id,
        'location_dest_id': env.ref('stock.stock_location_customers').id,
    }
    if SERIES < 18:
        move['name'] = word()
    env['stock.picking'].create({
        'picking_type_id': kind.id, 'location_id': place.id, 'location_dest_id': move['location_dest_id'],
        MOVES: [(0, 0, move)]}).action_confirm()
    return place.id


def place_of_moves(place):
    """The place is moved out of its warehouse: what leaves it is no longer outgoing."""
    place_of_stock(place)


def place_of_places_before():
    outer = env['stock.location'].create({'name': word(), 'usage': 'internal', 'location_id': shelf().id, 'company_id': COMPANY})
    inner = env['stock.location'].create({'name': word(), 'usage': 'internal', 'location_id': outer.id, 'company_id': COMPANY})
    env['stock.quant']._update_available_quantity(goods(), inner, 5)
    return outer.id


def place_of_places(outer):
    """The same with the place that it is in."""
    place_of_stock(outer)


def quant_with_goods_before():
    counted = goods()
    place = shelf()
    env['stock.quant']._update_available_quantity(counted, place, 6)
    return pick('stock.quant', [('product_id', '=', counted.id), ('location_id', '=', place.id), ('quantity', '>', 0)]).id


def quant_with_goods(quant):
    """A manager deletes a quant, rather than adjusting it."""
    env['stock.quant'].browse(quant).sudo().unlink()


def merged_contacts_before():
    """A contact with orders, and the one that it will be merged into."""
    merged, kept = env['res.partner'].create([{'name': word()}, {'name': word()}])
    env['sale.order'].create({'partner_id': merged.id, 'order_line': [sale_line()]})
    env['purchase.order'].create({'partner_id': merged.id, 'order_line': [purchase_line(goods(), 2)]})
    return [merged.id, kept.id]


def merged_contacts(partners):
    """Odoo leads all that pointed to the one to the other, by raw SQL."""
    env['base.partner.merge.automatic.wizard'].create(
        {'partner_ids': [(6, 0, partners)], 'dst_partner_id': partners[1], 'state': 'selection'}).action_merge()


def archived_tax_before():
    taxes = env['account.tax'].create([{'name': word(), 'amount': 3, 'type_tax_use': 'sale', 'company_id': COMPANY} for _ in range(2)])
    sold = goods()
    sold.taxes_id = [(4, tax.id) for tax in taxes]
    return [sold.id, taxes[0].id]


def archived_tax(product_and_tax):
    """An archived tax stays in a product's list."""
    env['account.tax'].browse(product_and_tax[1]).active = False
    env['product.product'].browse(product_and_tax[0]).name = word()


def deleted_tax_before():
    return archived_tax_before()[1]


def deleted_tax(tax):
    env['account.tax'].browse(tax).unlink()


def custom_field(model, name, kind, **values):
    settle()
    return env['ir.model.fields'].create({
        'name': name, 'field_description': word(), 'model_id': env['ir.model']._get(model).id, 'ttype': kind, 'state': 'manual', **values})


def custom_model(model):
    settle()
    made = env['ir.model'].create({'name': word(), 'model': model, 'state': 'manual'})
    env['ir.model.access'].create({
        'name': model, 'model_id': made.id, 'group_id': env.ref('base.group_user').id, 'perm_read': True, 'perm_write': True, 'perm_create': True,
        'perm_unlink': True})


def lines_before():
    """Two orders with lines of a model that was made in Odoo."""
    if 'x_business_line' not in env:
        custom_model('x_business_line')
        custom_field('x_business_line', 'x_order_id', 'many2one', relation='sale.order', on_delete='cascade')
        custom_field('sale.order', 'x_business_lines', 'one2many', relation='x_business_line', relation_field='x_order_id')
    orders = env['sale.order'].search([], limit=3, order='id')
    return orders.ids, env['x_business_line'].create([{'x_order_id': order.id} for order in orders]).ids


def added_line_before():
    return lines_before()[0][0]


def added_line(order):
    env['x_business_line'].create({'x_order_id': order})


moved_lines_before = lines_before


def moved_lines(orders_and_lines):
    """The numbers of orders that have lines add up to the same after it."""
    orders, lines = orders_and_lines
    wanted = next(order.id for order in env['sale.order'].search([('id', 'not in', orders)]))
    moved = env['x_business_line'].browse(lines)
    moved[0].x_order_id = wanted
    moved[1].x_order_id = moved[0].x_order_id


def removed_line_before():
    return lines_before()[1][0]


def removed_line(line):
    env['x_business_line'].browse(line).unlink()


def tags_before():
    """Contacts with tags of a model that was made in Odoo, whose lists can be written from either side."""
    if 'x_business_tag' not in env:
        custom_model('x_business_tag')
        custom_field('res.partner', 'x_business_tags', 'many2many', relation='x_business_tag')
        custom_field('x_business_tag', 'x_contacts', 'many2many', relation='res.partner')
    tag = env['x_business_tag'].create({})
    contacts = env['res.partner'].create([{'name': word()}, {'name': word()}])
    contacts[0].write({'x_business_tags': [(4, tag.id)]})
    return contacts.ids, tag.id


tag_from_its_side_before = tags_before


def tag_from_its_side(contacts_and_tag):
    contacts, tag = contacts_and_tag
    env['x_business_tag'].browse(tag).write({'x_contacts': [(6, 0, contacts[1:])]})


def removed_tag_before():
    return tags_before()[1]


def removed_tag(tag):
    env['x_business_tag'].browse(tag).unlink()


def field_again_before():
    made = custom_field('sale.order', 'x_business_again', 'char')
    pick('sale.order').x_business_again = word()
    return made.id


def field_again(field):
    """A field that is removed and made again under its name is another one, and empty."""
    settle()
    env['ir.model.fields'].browse(field).unlink()
    custom_field('sale.order', 'x_business_again', 'char')


def other_field_shown_before():
    return custom_field('purchase.order', 'x_business_shown', 'char', related='partner_id.name', store=False, readonly=True).id


def other_field_shown(field):
    settle()
    env['ir.model.fields'].browse(field).related = 'partner_id.email'


def renamed_choice_before():
    field = custom_field('sale.order', 'x_business_choice', 'selection', selection_ids=[(0, 0, {'value': 'a', 'name': word()})])
    pick('sale.order').x_business_choice = 'a'
    return field.id


def renamed_choice(field):
    """Odoo renames a selection's value in all records by raw SQL."""
    settle()
    env['ir.model.fields'].browse(field).selection_ids.value = 'aa'

# Purchase orders, from the request to the bill.

def purchase_line(bought=None, pieces=None):
    bought = bought or product(('purchase_ok', '=', True))
    values = {'product_id': bought.id, 'product_qty': pieces or quantity(), 'price_unit': amount()}
    if SERIES < 16:
        values.update({
            'name': bought.display_name, 'product_uom': bought.uom_po_id.id, 'date_planned': day(),
            'taxes_id': [(6, 0, bought.supplier_taxes_id.filtered(lambda tax: tax.company_id.id == COMPANY).ids)],
        })
    return (0, 0, values)


def text_line():
    return (0, 0, {'display_type': chance.choice(['line_section', 'line_note']), 'name': word()})


def purchases(*states):
    return [('state', 'in', states), ('company_id', '=', COMPANY)]


@operation(3)
def purchase_create():
    lines = [purchase_line() for _ in range(chance.randint(1, 4))]
    if chance.random() < 0.3:
        # that a text has no quantity, Odoo 14 wants to be told
        lines.append((0, 0, {**text_line()[2], 'product_qty': 0}))
    env['purchase.order'].create({'partner_id': partner().id, 'partner_ref': word(), 'order_line': lines, 'date_order': day()})


@operation(2)
def purchase_edit():
    order = pick('purchase.order', purchases('draft', 'sent', 'purchase'))
    order.write(chance.choice([{'partner_ref': word()}, {'date_planned': day()}, {'order_line': [purchase_line()]}, {'origin': word()}]))
    lines = order.order_line.filtered(lambda line: not line.display_type)
    if lines:
        line = chance.choice(lines)
        line.write(chance.choice([{'price_unit': amount()}, {'product_qty': line.product_qty + quantity()}, {'name': word()}]))


@operation(1)
def purchase_line_delete():
    chance.choice(pick('purchase.order', purchases('draft', 'sent', 'cancel') + [('order_line', '!=', False)]).order_line).unlink()


@operation(1)
def purchase_line_move():
    """From one order to another one."""
    line = pick('purchase.order.line', [('order_id.state', '=', 'draft'), ('company_id', '=', COMPANY)])
    line.order_id = pick('purchase.order', purchases('draft') + [('id', '!=', line.order_id.id)])


@operation(4)
def purchase_confirm():
    pick('purchase.order', purchases('draft', 'sent') + [('order_line', '!=', False)]).button_confirm()


@operation(3)
def purchase_cancel():
    """One of which nothing was received; Odoo refuses the others."""
    received = candidates('purchase.order.line', [('qty_received', '>', 0)]).order_id
    unlocked = [('locked', '=', False)] if SERIES >= 19 else []
    pick('purchase.order', purchases('draft', 'sent', 'purchase') + [('id', 'not in', received.ids)] + unlocked).button_cancel()


@operation(2)
def purchase_draft():
    pick('purchase.order', purchases('cancel')).button_draft()


@operation(3)
def purchase_delete():
    pick('purchase.order', purchases('cancel')).unlink()


@operation(1)
def purchase_lock():
    order = pick('purchase.order', purchases('purchase', 'done'))
    if SERIES >= 19:
        order.button_unlock() if order.locked else order.button_lock()
    else:
        order.button_unlock() if order.state == 'done' else order.button_done()


@operation(3)
def purchase_receive_partly():
    transfer(pick('stock.picking', waiting('incoming')), share=chance.choice([0.25, 0.5]))


@operation(2)
def purchase_receive():
    transfer(pick('stock.picking', waiting('incoming')), share=1)


@operation(3)
def purchase_bill():
    order = pick('purchase.order', purchases('purchase', 'done') + [('invoice_status', '=', 'to invoice')])
    order.action_create_invoice()
    order.invoice_ids.filtered(lambda bill: bill.state == 'draft').write({'invoice_date': day(), 'ref': word()})


def order_received(pieces, of):
    """An order of goods that are kept in stock, of which a part has been received."""
    bought = product(STORABLE, ('tracking', '=', 'none'), ('purchase_ok', '=', True))
    order = env['purchase.order'].create({'partner_id': partner().id, 'order_line': [purchase_line(bought, of)]})
    order.button_confirm()
    transfer(order.picking_ids, pieces / of)
    return order.id


def correct_receipt(order, pieces):
    """That much was received after all, it turns out: the lines of the finished receipt are corrected."""
    receipt = env['purchase.order'].browse(order).picking_ids.filtered(lambda picking: picking.state == 'done')
    receipt.move_line_ids.write({DONE: pieces})

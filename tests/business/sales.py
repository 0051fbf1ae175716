# Sales orders, from the quotation to the invoice.

def sale_line():
    sold = product(('sale_ok', '=', True))
    return (0, 0, {'product_id': sold.id, 'product_uom_qty': quantity(), 'price_unit': amount(), 'discount': chance.choice([0, 0, 10, 12.5])})


def sales(*states):
    return [('state', 'in', states), ('company_id', '=', COMPANY)]


@operation(3)
def sale_create():
    lines = [sale_line() for _ in range(chance.randint(1, 4))]
    if chance.random() < 0.3:
        lines.append(text_line())
    env['sale.order'].create({'partner_id': partner().id, 'client_order_ref': word(), 'order_line': lines})


@operation(2)
def sale_edit():
    order = pick('sale.order', sales('draft', 'sent', 'sale'))
    order.write(chance.choice([{'client_order_ref': word()}, {'order_line': [sale_line()]}, {'note': word()}, {'commitment_date': day()}]))
    lines = order.order_line.filtered(lambda line: not line.display_type)
    if lines:
        line = chance.choice(lines)
        line.write(chance.choice([{'price_unit': amount()}, {'product_uom_qty': line.product_uom_qty + quantity()}, {'name': word()}]))


@operation(1)
def sale_line_delete():
    chance.choice(pick('sale.order', sales('draft', 'sent', 'cancel') + [('order_line', '!=', False)]).order_line).unlink()


@operation(1)
def sale_line_move():
    """From one order to another one."""
    line = pick('sale.order.line', [('order_id.state', '=', 'draft'), ('company_id', '=', COMPANY)])
    line.order_id = pick('sale.order', sales('draft') + [('id', '!=', line.order_id.id)])


@operation(4)
def sale_confirm():
    pick('sale.order', sales('draft', 'sent') + [('order_line', '!=', False)]).action_confirm()


@operation(2)
def sale_cancel():
    order = pick('sale.order', sales('draft', 'sent', 'sale'))
    order._action_cancel() if SERIES >= 16 else order.with_context(disable_cancel_warning=True).action_cancel()


@operation(1)
def sale_draft():
    pick('sale.order', sales('cancel')).action_draft()


@operation(1)
def sale_delete():
    pick('sale.order', sales('draft', 'cancel')).unlink()


@operation(1)
def sale_lock():
    order = pick('sale.order', sales('sale', 'done'))
    if SERIES >= 17:
        order.action_unlock() if order.locked else order.action_lock()
    else:
        order.action_unlock() if order.state == 'done' else order.action_done()


@operation(3)
def sale_deliver_partly():
    transfer(pick('stock.picking', waiting('outgoing')), share=chance.choice([0.25, 0.5]))


@operation(2)
def sale_deliver():
    transfer(pick('stock.picking', waiting('outgoing')), share=1)


@operation(3)
def sale_invoice():
    order = pick('sale.order', sales('sale', 'done') + [('invoice_status', '=', 'to invoice')])
    order._create_invoices(final=True)

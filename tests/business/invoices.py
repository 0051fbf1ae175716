# Invoices, bills and credit notes, and what is paid on them.

BILL = ('in_invoice', 'in_refund')
SALE = ('out_invoice', 'out_refund')


def invoices(*states, kinds=BILL + SALE):
    """Of every company: two may have invoices of one name."""
    return [('move_type', 'in', kinds), ('state', 'in', states)]


def pick_invoice(domain):
    invoice = pick('account.move', domain)
    return invoice.with_company(invoice.company_id)


def invoice_line():
    traded = pick('product.product', [('company_id', '=', False)])
    values = {'product_id': traded.id, 'quantity': quantity(), 'price_unit': amount(), 'name': word()}
    if chance.random() < 0.3:
        values['discount'] = 5
    return (0, 0, values)


@operation(4)
def invoice_create():
    lines = [invoice_line() for _ in range(chance.randint(1, 4))]
    if chance.random() < 0.4:
        lines.append(text_line())
    journal = pick('account.journal', [('type', 'in', ('sale', 'purchase'))])
    env['account.move'].with_company(journal.company_id).create({
        'move_type': chance.choice(BILL if journal.type == 'purchase' else SALE), 'journal_id': journal.id, 'invoice_date': day(), 'ref': word(),
        'partner_id': pick('res.partner', [('company_id', '=', False)]).id, 'currency_id': pick('res.currency', [('rate_ids', '!=', False)]).id,
        'invoice_line_ids': lines,
    })


@operation(2)
def invoice_edit():
    invoice = pick_invoice(invoices('draft'))
    lines = invoice.invoice_line_ids
    change = [(0, 0, invoice_line()[2])]
    if lines:
        line = chance.choice(lines)
        change.append(chance.choice([(1, line.id, {'price_unit': amount()}), (1, line.id, {'name': word()}), (2, line.id, 0)]))
    invoice.write({'invoice_line_ids': change, 'ref': word()})


@operation(2)
def invoice_line_move():
    """From one draft to another one; posted afterwards as likely as any."""
    line = pick('account.move.line', [('move_id', 'in', candidates('account.move', invoices('draft')).ids), ('product_id', '!=', False)])
    other = pick_invoice(invoices('draft') + [('id', '!=', line.move_id.id), ('journal_id', '=', line.move_id.journal_id.id)])
    values = {'product_id': line.product_id.id, 'quantity': line.quantity, 'price_unit': line.price_unit, 'name': line.name}
    line.move_id.write({'invoice_line_ids': [(2, line.id, 0)]})
    other.write({'invoice_line_ids': [(0, 0, values)]})


@operation(6)
def invoice_post():
    invoice = pick_invoice(invoices('draft') + [('invoice_line_ids', '!=', False)])
    if not invoice.invoice_date:
        invoice.invoice_date = day()
    invoice.action_post()


@operation(3)
def invoice_pay():
    pay(pick_invoice(unpaid()), 1)


@operation(3)
def invoice_pay_partly():
    pay(pick_invoice(unpaid()), chance.choice([0.3, 0.5]))


def unpaid():
    return invoices('posted') + [('payment_state', 'in', ('not_paid', 'partial')), ('amount_residual', '>', 0)]


def pay(invoice, share):
    wizard = invoice.env['account.payment.register'].with_context(active_model='account.move', active_ids=invoice.ids)
    wizard = wizard.create({'payment_date': day(10)})
    if share != 1:
        wizard.amount = round(invoice.amount_residual * share, 2)
    wizard._create_payments()


@operation(1)
def payment_cancel():
    payment = pick('account.payment', [('state', 'in', ('posted', 'paid', 'in_process'))])
    payment.action_draft()
    if chance.random() < 0.5:
        payment.action_cancel()


@operation(1)
def invoice_unreconcile():
    lines = pick_invoice(invoices('posted') + [('payment_state', '!=', 'not_paid')]).line_ids
    lines.remove_move_reconcile()


@operation(3)
def invoice_credit():
    invoice = pick_invoice(invoices('posted', kinds=('out_invoice', 'in_invoice')))
    values = {'reason': word(), 'date': date.today()}
    how = chance.choice(['refund', 'cancel', 'modify'])
    if SERIES >= 17:
        values['journal_id'] = invoice.journal_id.id
    else:
        values['refund_method'] = how
    wizard = invoice.env['account.move.reversal'].with_context(active_model='account.move', active_ids=invoice.ids).create(values)
    wizard.modify_moves() if SERIES >= 17 and how == 'modify' else wizard.reverse_moves()


@operation(3)
def invoice_reset():
    pick_invoice(invoices('posted', 'cancel')).button_draft()


@operation(1)
def invoice_cancel():
    pick_invoice(invoices('draft')).button_cancel()


@operation(2)
def invoice_delete():
    pick_invoice(invoices('draft', 'cancel')).with_context(force_delete=True).unlink()


def posted_named():
    return invoices('posted') + [('name', '!=', '/')]


def others_like(invoice):
    """Those that could have had its name."""
    return posted_named() + [
        ('id', '!=', invoice.id), ('journal_id', '=', invoice.journal_id.id), ('move_type', '=', invoice.move_type),
        ('sequence_prefix', '=', invoice.sequence_prefix)]


@operation(2)
def invoice_rename():
    invoice = pick_invoice(posted_named())
    invoice.name = f'{invoice.name.rsplit("/", 1)[0]}/{chance.randint(10000, 99999)}'


@operation(2)
def invoice_swap_names():
    """Two posted invoices of one journal swap their names."""
    one = pick_invoice(posted_named())
    other = pick_invoice(others_like(one))
    names = one.name, other.name
    one.name = f'{names[0].rsplit("/", 1)[0]}/{chance.randint(100000, 999999)}'
    flush()
    other.name = names[0]
    flush()
    one.name = names[1]


@operation(1)
def invoice_name_inherit():
    """A deleted invoice's name is given to another one."""
    one = pick_invoice(posted_named())
    other = pick_invoice(others_like(one))
    name = one.name
    one.button_draft()
    one.with_context(force_delete=True).unlink()
    flush()
    other.name = name

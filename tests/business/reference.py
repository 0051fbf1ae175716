# What the business documents refer to: partners, users, accounts, journals, places, companies, currencies.

def accounts():
    return [('company_ids', 'in', [COMPANY])] if SERIES >= 18 else [('company_id', '=', COMPANY)]


@operation(2)
def partner_create():
    values = {'name': word(), 'email': f'p{chance.randint(1, 9999)}@example.com', 'is_company': chance.random() < 0.4}
    if chance.random() < 0.6:
        values.update({'parent_id': pick('res.partner', [('company_id', '=', False), ('parent_id.parent_id', '=', False)]).id, 'is_company': False})
    env['res.partner'].create(values)


@operation(3)
def partner_edit():
    partner().write(chance.choice([
        {'name': word()}, {'street': word()}, {'email': word()}, {'ref': word()}, {'phone': f'+1 555 {chance.randint(1000, 9999)}'},
        {'vat': '/' if SERIES >= 19 else f'X{chance.randint(10**6, 10**7)}'}, {'country_id': pick('res.country').id, 'state_id': False},
        {'user_id': admin.id}, {'is_company': True}]))


@operation(1)
def partner_move():
    """A contact without contacts of its own gets another company."""
    moved = pick('res.partner', [('company_id', '=', False), ('child_ids', '=', False), ('user_ids', '=', False), ('ref_company_ids', '=', False)])
    moved.parent_id = pick('res.partner', [('is_company', '=', True), ('parent_id', '=', False), ('id', '!=', moved.id)])


@operation(1)
def partner_archive():
    archived = pick('res.partner', [('active', 'in', (True, False)), ('user_ids', '=', False)])
    archived.active = not archived.active


@operation(1)
def partner_delete():
    pick('res.partner', [('user_ids', '=', False), ('ref_company_ids', '=', False)] + unused('res.partner', [
        'account_move.partner_id', 'account_move_line.partner_id', 'purchase_order.partner_id', 'sale_order.partner_id',
        'sale_order.partner_invoice_id', 'sale_order.partner_shipping_id', 'res_partner.parent_id',
    ])).unlink()


@operation(1)
def user_create():
    login = f'user{chance.randint(1, 10**6)}@example.com'
    env['res.users'].create({'name': word(), 'login': login, 'company_id': COMPANY, 'company_ids': [(6, 0, [COMPANY])]})


@operation(1)
def user_edit():
    user = pick('res.users', [('id', '>', admin.id), ('share', 'in', (True, False))])
    user.write(chance.choice([
        {'name': word()}, {'email': word()}, {'login': word()}, {'active': False},
        {'company_ids': [(4, company.id) for company in candidates('res.company')]}]))


@operation(1)
def account_create():
    values = {'name': word(), 'code': str(chance.randint(700000, 799999))}
    if SERIES >= 16:
        values['account_type'] = 'expense'
    else:
        values.update({'user_type_id': env.ref('account.data_account_type_expenses').id, 'company_id': COMPANY})
    env['account.account'].create(values)


@operation(1)
def account_edit():
    account = pick('account.account', accounts())
    changes = [{'name': word()}, {'code': str(chance.randint(800000, 899999))}, {'note': word()}]
    changes.append({'active': False} if SERIES >= 19 else {'deprecated': True})
    account.write(chance.choice(changes))


@operation(1)
def journal_edit():
    pick('account.journal', [('company_id', '=', COMPANY)]).write(chance.choice([{'name': word()}, {'sequence': chance.randint(1, 50)}]))


@operation(1)
def currency_edit():
    pick('res.currency', [('active', 'in', (True, False))]).write({'symbol': word()[:4]})


@operation(1)
def currency_activate():
    pick('res.currency', [('active', '=', False), ('rate_ids', '!=', False)]).active = True


@operation(1)
def company_edit():
    pick('res.company').write(chance.choice([{'phone': '+1 ' + str(chance.randint(10**6, 10**7))}, {'street': word()}, {'name': word()}, {'email': word()}]))


@operation(1)
def warehouse_edit():
    warehouse = pick('stock.warehouse')
    warehouse.write(chance.choice([
        {'name': word()}, {'code': 'W' + str(chance.randint(100, 999))}, {'reception_steps': chance.choice(['one_step', 'two_steps'])}]))


@operation(1)
def location_create():
    env['stock.location'].create({'name': word(), 'usage': 'internal', 'location_id': shelf().id, 'company_id': COMPANY})


@operation(1)
def location_edit():
    """Its children's complete names change with it."""
    shelf().write(chance.choice([{'name': word()}, {'barcode': str(chance.randint(10**8, 10**9))}]))


@operation(2)
def location_move():
    """To another parent: what stock counts as on hand may change."""
    moved = pick('stock.location', [('usage', '=', 'internal'), ('company_id', '=', COMPANY), ('child_ids', '=', False)])
    moved.location_id = pick('stock.location', [('usage', 'in', ('internal', 'view')), ('company_id', 'in', (COMPANY, False)), ('id', '!=', moved.id)])

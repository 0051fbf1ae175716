# Fields that a user makes in Odoo: x_…

MODELS = (
    'res.partner', 'account.move', 'purchase.order', 'sale.order.line', 'product.product', 'product.template', 'stock.quant', 'stock.warehouse')
KINDS = ('char', 'text', 'html', 'integer', 'float', 'boolean', 'date', 'datetime', 'selection', 'many2one', 'many2many', 'related')
OF_PARTNERS = ('account.move', 'purchase.order')


def custom_fields(*domain):
    return [('model', 'in', MODELS), ('state', '=', 'manual'), ('name', '=like', 'x_business_%'), *domain]


def settle():
    """Nothing may be left to compute when the registry is set up anew."""
    flush()
    forget()


@operation(2)
def field_create():
    model, kind = chance.choice(MODELS), chance.choice(KINDS)
    name = f'x_business_{chance.randint(1, 10**6)}'
    values = {
        'name': name, 'field_description': word(), 'model_id': env['ir.model']._get(model).id, 'ttype': kind, 'state': 'manual', 'store': True}
    if kind == 'selection':
        values['selection_ids'] = [(0, 0, {'value': letter, 'name': word()}) for letter in 'abc']
    elif kind in ('many2one', 'many2many'):
        values['relation'] = 'res.country'
    elif kind == 'related':
        # its values change with the partner, which is all that is written then
        values.update({
            'model_id': env['ir.model']._get(chance.choice(OF_PARTNERS)).id, 'ttype': 'char', 'related': 'partner_id.phone', 'store': False,
            'readonly': True})
    settle()
    env['ir.model.fields'].create(values)


@operation(3)
def field_fill():
    field = pick('ir.model.fields', custom_fields(('related', '=', False)))
    values = {
        'char': word, 'text': word, 'html': word, 'integer': lambda: chance.randint(-5, 10**6), 'float': amount, 'boolean': lambda: True, 'date': day,
        'datetime': lambda: str(day()) + ' 10:11:12', 'selection': lambda: chance.choice('abc'), 'many2one': lambda: pick('res.country').id,
        'many2many': lambda: [(6, 0, [country.id for country in some('res.country', [], 3)])],
    }
    for record in some(field.model, [], 5):
        record.sudo().write({field.name: values[field.ttype]()})


@operation(1)
def field_drop():
    settle()
    pick('ir.model.fields', custom_fields()).unlink()

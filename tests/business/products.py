# Products, their templates, and the categories and units that they refer to.

@operation(2)
def product_create():
    values = {'name': word(), 'list_price': amount(), 'standard_price': amount(), 'default_code': word(), 'categ_id': pick('product.category').id}
    values.update({'is_storable': True} if SERIES >= 18 else {'type': 'product'})
    if chance.random() < 0.4:
        attribute = pick('product.attribute', [('value_ids', '!=', False), ('create_variant', '=', 'always')])
        values['attribute_line_ids'] = [(0, 0, {'attribute_id': attribute.id, 'value_ids': [(6, 0, attribute.value_ids[:3].ids)]})]
    env['product.template'].create(values)


def template(*domain):
    return pick('product.template', [('company_id', 'in', [False, COMPANY]), *domain])


@operation(2)
def product_price():
    """On the template, where it lives."""
    template().list_price = amount()


@operation(2)
def product_rename():
    template().name = word()


@operation(2)
def product_cost():
    product().standard_price = amount()


@operation(1)
def product_edit():
    product().write(chance.choice([{'default_code': word()}, {'weight': amount()}, {'barcode': str(chance.randint(10**12, 10**13))}]))


@operation(1)
def product_template_edit():
    template().write(chance.choice([
        {'description_sale': word()}, {'sale_ok': chance.random() < 0.8}, {'categ_id': pick('product.category').id},
        {'invoice_policy': chance.choice(['order', 'delivery'])}, {'responsible_id': admin.id}, {'sale_delay': chance.randint(0, 9)},
        {'taxes_id': [(6, 0, [tax.id for tax in some('account.tax', [('type_tax_use', '=', 'sale'), ('company_id', '=', COMPANY)], 2)])]},
    ]))


@operation(1)
def product_accounts():
    """Values that depend on the company."""
    account = pick('account.account', accounts())
    template().write({chance.choice(['property_account_income_id', 'property_account_expense_id']): account.id})


@operation(2)
def product_archive():
    archived = template(('active', '=', True))
    archived.active = False


@operation(2)
def product_unarchive():
    archived = pick('product.template', [('active', '=', False)])
    archived.active = True


@operation(1)
def product_variant_archive():
    variant = pick('product.product', [('active', 'in', (True, False))])
    variant.active = not variant.active


@operation(1)
def product_delete():
    pick('product.product', unused('product.product', [
        'stock_move.product_id', 'stock_quant.product_id', 'account_move_line.product_id', 'sale_order_line.product_id',
        'purchase_order_line.product_id', *(['product_combo_item.product_id'] if SERIES >= 18 else ['stock_inventory_line.product_id']),
    ])).unlink()


@operation(1)
def product_price_extra():
    """What a value of an attribute costs more."""
    pick('product.template.attribute.value', [('ptav_active', '=', True)]).price_extra = amount()


@operation(1)
def attribute_rename():
    """Variants bear the names of their values."""
    pick('product.attribute.value').name = word()


@operation(1)
def attribute_extend():
    """Another value for a template's attribute: a variant more, and the others may bear their value's name from now on."""
    line = pick('product.template.attribute.line')
    others = line.attribute_id.value_ids - line.value_ids
    value = chance.choice(others) if others else env['product.attribute.value'].create({'name': word(), 'attribute_id': line.attribute_id.id})
    line.value_ids = [(4, value.id)]


@operation(1)
def category_create():
    env['product.category'].create({'name': word(), 'parent_id': pick('product.category').id})


@operation(1)
def category_edit():
    pick('product.category').write(chance.choice([
        {'name': word()}, {'parent_id': pick('product.category').id}, {'property_cost_method': chance.choice(['standard', 'average', 'fifo'])}]))


@operation(1)
def category_delete():
    """From 17 on it may have products, which then have none."""
    free = unused('product.category', ['product_template.categ_id']) if SERIES < 17 else []
    pick('product.category', [('child_id', '=', False), *free]).unlink()


@operation(1)
def unit_create():
    if SERIES >= 19:
        env['uom.uom'].create({'name': word(), 'relative_factor': chance.randint(2, 40), 'relative_uom_id': pick('uom.uom').id})
    else:
        env['uom.uom'].create({
            'name': word(), 'category_id': pick('uom.category').id, 'uom_type': 'bigger', 'factor_inv': chance.randint(2, 40), 'rounding': 0.01})


@operation(1)
def unit_edit():
    unit = pick('uom.uom')
    unit.write(chance.choice([{'name': word()}, {'active': False}, {'relative_factor' if SERIES >= 19 else 'factor_inv': chance.randint(2, 40)}]))

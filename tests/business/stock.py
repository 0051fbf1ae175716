# Stock: transfers, counts, scrap, and the quants behind them.

def waiting(code):
    return [('picking_type_id.code', '=', code), ('state', 'not in', ('done', 'cancel')), ('company_id', '=', COMPANY)]


def transfer(picking, share):
    """Does a part of a transfer; the rest becomes a backorder, or now and then is dropped."""
    if picking.state == 'draft':
        picking.action_confirm()
    picking.action_assign()
    for move in picking[MOVES].filtered(lambda move: move.state not in ('done', 'cancel')):
        done = max(1, move.product_uom_qty * share) if move.product_uom_qty >= 1 else move.product_uom_qty
        if SERIES >= 17:
            move.quantity = done
            move.picked = True
        else:
            move.quantity_done = done
        for line in move.move_line_ids.filtered(lambda line: line.product_id.tracking == 'lot' and not line.lot_id):
            if move.location_id.usage == 'supplier':
                line.lot_name = word()
            else:
                line.lot_id = pick('stock.lot' if SERIES >= 16 else 'stock.production.lot', [('product_id', '=', line.product_id.id)])
    dropped = picking.ids if chance.random() < 0.1 else []
    done = picking.with_context(skip_backorder=True, skip_immediate=True, skip_sms=True, picking_ids_not_to_backorder=dropped).button_validate()
    if done is not True:
        raise UserError(f'button_validate asked for more: {done}')


def shelf():
    return pick('stock.location', [('usage', '=', 'internal'), ('company_id', '=', COMPANY)])


def stored():
    return pick('stock.quant', [('location_id.usage', '=', 'internal'), ('company_id', '=', COMPANY), ('product_id.tracking', '!=', 'serial')])


@operation(3)
def stock_adjust():
    quant = stored().with_context(inventory_mode=True)
    quant.inventory_quantity = chance.randint(0, 60)
    if SERIES >= 15:
        quant.action_apply_inventory()


@operation(2)
def stock_count():
    """Of a product where there may be none yet."""
    counted = env['stock.quant'].with_context(inventory_mode=True).create({
        'product_id': product(STORABLE, ('tracking', '=', 'none')).id, 'location_id': shelf().id, 'inventory_quantity': chance.randint(1, 80)})
    if SERIES >= 15:
        counted.action_apply_inventory()


@operation(2)
def stock_transfer():
    quant = stored()
    kind = pick('stock.picking.type', [('code', '=', 'internal'), ('company_id', '=', COMPANY)], active_test=False)
    move = {
        'product_id': quant.product_id.id, 'product_uom_qty': chance.randint(1, 5), 'product_uom': quant.product_uom_id.id,
        'location_id': quant.location_id.id, 'location_dest_id': shelf().id,
    }
    if SERIES < 18:
        move['name'] = word()
    picking = env['stock.picking'].create({
        'picking_type_id': kind.id, 'location_id': move['location_id'], 'location_dest_id': move['location_dest_id'], MOVES: [(0, 0, move)]})
    picking.action_confirm()
    if chance.random() < 0.6:
        transfer(picking, 1)


@operation(2)
def stock_scrap():
    quant = stored()
    scrap = env['stock.scrap'].create({
        'product_id': quant.product_id.id, 'product_uom_id': quant.product_uom_id.id, 'scrap_qty': 1, 'location_id': quant.location_id.id,
        'lot_id': quant.lot_id.id})
    scrap.do_scrap()


@operation(2)
def stock_reserve():
    picking = pick('stock.picking', waiting('outgoing'))
    picking.do_unreserve() if picking.move_line_ids and chance.random() < 0.5 else picking.action_assign()


@operation(1)
def stock_return():
    """What came back of a finished transfer."""
    picking = pick('stock.picking', [('state', '=', 'done'), ('company_id', '=', COMPANY), ('picking_type_id.code', 'in', ('incoming', 'outgoing'))])
    wizard = env['stock.return.picking'].with_context(active_id=picking.id, active_ids=picking.ids, active_model='stock.picking').create(
        {'picking_id': picking.id})
    if SERIES >= 17:
        for line in wizard.product_return_moves:
            line.quantity = 1
        back = wizard._create_return()
    else:
        wizard._onchange_picking_id()
        for line in wizard.product_return_moves:
            line.quantity = 1
        back = env['stock.picking'].browse(wizard._create_returns()[0])
    if chance.random() < 0.7:
        transfer(back, 1)


@operation(2)
def stock_correct():
    """The quantity of a finished transfer is corrected; the order that it was for need not change."""
    transfers = candidates('stock.picking', [('state', '=', 'done'), ('company_id', '=', COMPANY)])
    line = pick('stock.move.line', [('picking_id', 'in', transfers.ids), ('product_id.tracking', '!=', 'serial')])
    line.write({DONE: line[DONE] + chance.choice([1, 2])})


@operation(1)
def stock_picking_cancel():
    pick('stock.picking', [('state', 'not in', ('done', 'cancel')), ('company_id', '=', COMPANY)]).action_cancel()


@operation(1)
def stock_picking_delete():
    """Its moves go with it: what was expected to come or go no longer is."""
    pick('stock.picking', [('state', 'not in', ('done',)), ('company_id', '=', COMPANY)]).unlink()


@operation(2)
def quants_split():
    """A part of the goods in a second quant of the same place, as two transactions at once leave it behind."""
    quant, part = stored().sudo(), chance.randint(1, 4)
    quant.create({
        'product_id': quant.product_id.id, 'location_id': quant.location_id.id, 'lot_id': quant.lot_id.id, 'package_id': quant.package_id.id,
        'owner_id': quant.owner_id.id, 'quantity': part})
    quant.quantity -= part


@operation(2)
def quants_merge():
    env['stock.quant']._merge_quants()
    env['stock.quant']._unlink_zero_quants()


@operation(1)
def quant_update():
    """A quantity changed without a move, as an importer of opening stock does."""
    env['stock.quant']._update_available_quantity(product(STORABLE, ('tracking', '=', 'none')), shelf(), chance.randint(1, 9))


@operation(1)
def quant_delete():
    """A quant deleted with its quantity, rather than adjusted."""
    stored().sudo().unlink()

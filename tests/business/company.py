# What the operations share: the company's records, chance, and the words for both.
#
# These files are one program, given to Odoo's own shell in this order: company.py, then the operations, then shell.py. The shell binds
# `env`, the superuser's; SEED and PORT come before.

import random
from datetime import date, timedelta

import odoo
import psycopg2
from odoo.exceptions import AccessError, MissingError, RedirectWarning, UserError, ValidationError

SERIES = odoo.release.version_info[0]
# the last is what Odoo tells its users as a ValidationError
REFUSALS = (AccessError, MissingError, RedirectWarning, UserError, ValidationError, psycopg2.IntegrityError)
OPERATIONS = {}
WORDS = ('Oak', 'Müller', "d'Arc", 'Łódź', 'Quartz "A"', '東京', 'Naïve', 'Rock & Roll', '<b>bold</b>', 'Back\\slash', '🌳 Ash')

chance = random.Random(SEED)

# names that changed between the two versions
DONE = 'quantity' if SERIES >= 17 else 'qty_done'
MOVES = 'move_ids' if SERIES >= 18 else 'move_lines'
STORABLE = ('is_storable', '=', True) if SERIES >= 18 else ('type', '=', 'product')

admin = env.ref('base.user_admin')
env = env(user=admin.id, context={
    'lang': 'en_US', 'tz': 'UTC',
    # no chatter: it is slow, and no mirror shows it
    'tracking_disable': True, 'mail_create_nosubscribe': True, 'no_reset_password': True,
})
COMPANY = admin.company_id.id


class Idle(Exception):
    """There is no record that the operation could be done to."""


def operation(weight):
    """Makes a function an operation, dealt `weight` times in each round of the deck."""
    def register(function):
        OPERATIONS[function.__name__] = (function, weight)
        return function
    return register


def candidates(model, domain=(), **context):
    return env[model].with_context(**context).search(list(domain), order='id')


def pick(model, domain=(), **context):
    """A record by chance; the newest ones come up more often, so that what was begun goes on."""
    found = candidates(model, domain, **context)
    if not found:
        raise Idle(model)
    if chance.random() < 0.5:
        found = found[-8:]
    return chance.choice(found)


def some(model, domain, most):
    """Up to that many different records."""
    found = list(candidates(model, domain))
    if not found:
        raise Idle(model)
    return chance.sample(found, min(len(found), chance.randint(1, most)))


def word():
    return f'{chance.choice(WORDS)} {chance.randint(1, 9999)}'


def amount(low=1, high=500):
    return round(chance.uniform(low, high), 2)


def quantity():
    return chance.choice([1, 2, 3, 5, 8, 12, 0.5, 2.25])


def day(reach=40):
    return date.today() - timedelta(days=chance.randint(0, reach))


def partner():
    return pick('res.partner', [('company_id', 'in', [False, COMPANY])])


def product(*domain):
    """One that can be traded without a serial number for each piece."""
    return pick('product.product', [('company_id', 'in', [False, COMPANY]), ('tracking', '!=', 'serial'), *domain])


def unused(model, tables):
    """Those records of the model that none of these columns, `table.column`, points to."""
    columns = [name.split('.') for name in tables]
    env.cr.execute(' UNION '.join(f'SELECT {column} FROM {table} WHERE {column} IS NOT NULL' for table, column in columns))
    return [('id', 'not in', [row[0] for row in env.cr.fetchall()])]


def flush():
    env.flush_all() if SERIES >= 16 else env['base'].flush()


def forget():
    """Drops what is cached, so that the next operation sees what the database has."""
    env.clear()

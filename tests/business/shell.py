# Does what the test asks for, line by line: a batch of operations, or a function by name; each answer is a line of JSON.

import json
import socket
import traceback


def deal(count):
    """The next operations of a shuffled deck in which each kind lies as often as it weighs, so that none is left to luck."""
    dealt = []
    while len(dealt) < count:
        if not deck:
            deck.extend(name for name, (_, weight) in OPERATIONS.items() for _ in range(weight))
            chance.shuffle(deck)
        dealt.append(deck.pop())
    return dealt


def perform(name):
    """Does one operation, or leaves no trace of it; how it went, and why."""
    try:
        with env.cr.savepoint():
            OPERATIONS[name][0]()
            flush()
        return 'done', ''
    except Idle as nothing:
        outcome = 'idle', str(nothing)
    except REFUSALS as refusal:
        outcome = 'refused', str(refusal)
    forget()
    if name.startswith('field_'):
        # the registry has to forget the field again, but not what else this transaction has made
        env.registry._setup_models__(env.cr) if SERIES >= 19 else env.registry.setup_models(env.cr)
    return outcome


def commit():
    env.cr.commit()
    # the server's workers have caches of their own
    env.registry.signal_changes()
    forget()
    # no transaction is open while the test compares
    env.cr.commit()


def batch(count, at_once):
    """Operations of any kind: in one transaction, or each in its own."""
    outcomes = []
    for name in deal(count):
        outcomes.append((name, *perform(name)))
        if not at_once:
            commit()
    commit()
    return outcomes


def call(name, arguments):
    """One of the functions above, in a transaction of its own."""
    result = globals()[name](*arguments)
    commit()
    return result


def answer(line):
    request = json.loads(line)
    try:
        return {'answer': call(request['call'], request['arguments']) if 'call' in request else batch(request['count'], request['at_once'])}
    except Exception:
        return {'error': traceback.format_exc()}


deck = []
with socket.create_connection(('127.0.0.1', PORT)) as connection, connection.makefile('rw', encoding='utf-8') as stream:
    commit()
    for request in stream:
        print(json.dumps(answer(request)), file=stream, flush=True)

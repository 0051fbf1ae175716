-- All that PostgreSQL's catalogue says of the extension, one fact a row: of what, which, what it is.
WITH member AS (
    SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS name
    FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
    WHERE e.extname = 'odoo_sync' AND d.deptype = 'e'
),
relation AS (
    SELECT c.*, m.name FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
),
part AS ( -- what may bear a comment of its own
    SELECT classid, objid, name FROM member
    UNION ALL SELECT 'pg_constraint'::regclass, o.oid, pg_describe_object('pg_constraint'::regclass, o.oid, 0)
    FROM pg_constraint o JOIN relation r ON r.oid = o.conrelid
    UNION ALL SELECT 'pg_trigger'::regclass, t.oid, pg_describe_object('pg_trigger'::regclass, t.oid, 0)
    FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL SELECT 'pg_class'::regclass, i.indexrelid, pg_describe_object('pg_class'::regclass, i.indexrelid, 0)
    FROM pg_index i JOIN relation r ON r.oid = i.indrelid
),
granted AS (
    SELECT name, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner)) AS acl FROM relation
    UNION ALL SELECT r.name || ' column ' || attname, attacl FROM relation r JOIN pg_attribute ON attrelid = r.oid
    UNION ALL SELECT name, coalesce(proacl, acldefault('f', proowner))
    FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
    UNION ALL SELECT name, coalesce(fdwacl, acldefault('F', fdwowner))
    FROM member m JOIN pg_foreign_data_wrapper w ON m.classid = 'pg_foreign_data_wrapper'::regclass AND w.oid = m.objid
    UNION ALL SELECT 'schema odoo_sync', coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname = 'odoo_sync'
    -- what an extension's own script granted is not dumped
    UNION ALL SELECT m.name || ', not dumped', initprivs
    FROM pg_init_privs i JOIN member m ON m.classid = i.classoid AND m.objid = i.objoid
),
fact (subject, about, fact) AS (
    SELECT name, 'is', 'a member' FROM member
    UNION ALL SELECT name, 'owner', relowner::regrole::text FROM relation
    UNION ALL SELECT name, 'owner', proowner::regrole::text
    FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
    UNION ALL SELECT name, 'wrapper', concat_ws(' ', fdwowner::regrole, fdwhandler::regproc, fdwvalidator::regproc, fdwoptions)
    FROM member m JOIN pg_foreign_data_wrapper w ON m.classid = 'pg_foreign_data_wrapper'::regclass AND w.oid = m.objid
    UNION ALL SELECT g.name, 'grant', concat_ws(' ', a.privilege_type, 'to', coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'),
                                                CASE WHEN a.is_grantable THEN 'with grant option' END)
    FROM granted g, aclexplode(g.acl) AS a
    UNION ALL SELECT p.name, concat_ws(' ', 'comment', a.attname), d.description
    FROM part p JOIN pg_description d ON d.classoid = p.classid AND d.objoid = p.objid
    LEFT JOIN pg_attribute a ON p.classid = 'pg_class'::regclass AND a.attrelid = p.objid AND d.objsubid > 0 AND a.attnum = d.objsubid
    UNION ALL SELECT name, 'storage', concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity, relreplident, reloptions)
    FROM relation
    UNION ALL SELECT r.name, 'column ' || a.attname,
                     concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                               'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
                               nullif(a.attcollation, 0)::regcollation)
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    WHERE r.relkind IN ('r', 'v', 'm', 'p', 'f')
    UNION ALL SELECT r.name, 'constraint ' || o.conname, concat_ws(' ', pg_get_constraintdef(o.oid), o.convalidated)
    FROM relation r JOIN pg_constraint o ON o.conrelid = r.oid
    UNION ALL SELECT r.name, 'index', concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid)
    FROM relation r JOIN pg_index i ON i.indrelid = r.oid
    UNION ALL SELECT r.name, 'trigger', concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
    FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
    -- the order of a table's columns is nobody's business, that of a view's is its definition's
    UNION ALL SELECT name, 'view', pg_get_viewdef(oid) FROM relation WHERE relkind IN ('v', 'm')
    UNION ALL SELECT r.name, 'sequence', to_jsonb(s)::text FROM relation r, LATERAL (
        SELECT seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle FROM pg_sequence WHERE seqrelid = r.oid) AS s
    UNION ALL SELECT name, 'function', pg_get_functiondef(objid) FROM member WHERE classid = 'pg_proc'::regclass
    UNION ALL SELECT r.name, 'dumped', coalesce(nullif(c.condition, ''), 'all rows')
    FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS c (id, condition) JOIN relation r ON r.oid = c.id
    WHERE e.extname = 'odoo_sync'
    UNION ALL SELECT 'extension', 'is', concat_ws(' ', extversion, extrelocatable, extnamespace::regnamespace, extowner::regrole)
    FROM pg_extension WHERE extname = 'odoo_sync'
    UNION ALL SELECT 'built-in mirror', type || ' ' || table_name || ' ' || since, (to_jsonb(m) - '{type,table_name,since}'::text[])::text
    FROM odoo_sync.mirrors m WHERE builtin
)
SELECT concat_ws(', ', subject, about) || ': ' || fact FROM fact ORDER BY 1

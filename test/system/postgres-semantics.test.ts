/**
 * What catalog queries compute, judged by PostgreSQL: the expected texts are what psql -At printed for the same queries on PostgreSQL 15
 * (NULL as ∅).
 */
import { expect } from 'chai';
import { run, world, type World } from './support.ts';

const CASES: readonly (readonly [sql: string, printed: string])[] = [
  ["select 1 + 2 * 3, 7 / 2, -7 / 2, 7 % 3, 7::float8 / 2", "7|3|-3|1|3.5"],
  ["select null and false, null and true, null or true, not null", "f|∅|t|∅"],
  ["select 'a' = 'a ', 'abc' < 'abd', 'B' < 'a'", "f|t|t"],
  ["select 1 in (1, null), 2 in (1, null), 2 not in (1, null), null in (1)", "t|∅|∅|∅"],
  ["select x from (values (2), (null), (1)) t(x) order by x", "1\n2\n∅"],
  ["select x from (values (2), (null), (1)) t(x) order by x desc", "∅\n2\n1"],
  ["select x from (values (2), (null), (1)) t(x) order by x desc nulls last", "2\n1\n∅"],
  ["select coalesce(null, 'x'), nullif(1, 1), nullif(2, 1), greatest(1, null, 3), least('b', 'a')", "x|∅|2|3|a"],
  ["select case when null then 1 else 2 end, case 3 when 1 then 'a' when 3 then 'b' end", "2|b"],
  ["select 'abc' like 'a%', 'abc' like 'A%', 'abc' ilike 'A_C', 'a%c' like 'a\\%c', 'abc' not like '%z', 'a_c' like 'a!_c' escape '!'", "t|f|t|t|t|t"],
  ["select 'foobar' ~ '^foo', 'FOO' ~ 'foo', 'FOO' ~* 'foo', 'x' !~ 'y', 'X' !~* 'x'", "t|f|t|t|f"],
  ["select 'abc' similar to '(a|b)%', 'abc' similar to 'abc', 'xabc' similar to 'abc'", "t|t|f"],
  ["select array[1,2,3], array['a b', null, 'c\"d', ''], '{1,NULL,3}'::int[], '{\"x,y\",z}'::text[]", "{1,2,3}|{\"a b\",NULL,\"c\\\"d\",\"\"}|{1,NULL,3}|{\"x,y\",z}"],
  ["select (array[10,20,30])[2], (array[10,20,30])[4], (array[10,20,30])[1:2]", "20|∅|{10,20}"],
  ["select array_length(array[1,2],1), array_upper(array[1,2],1), array_lower(array[1,2],1), cardinality(array[1,2]), array_length(array[]::int[],1)", "2|2|1|2|∅"],
  ["select 2 = any(array[1,2]), 3 = any(array[1,null]), 3 <> all(array[1,2]), 1 = any('{1,2}'), 5 > all(array[1,2])", "t|∅|t|t|t"],
  ["select array_to_string(array['a',null,'b'], ','), array_to_string(array['a',null,'b'], ',', '*'), string_to_array('a,b,c', ',')", "a,b|a,*,b|{a,b,c}"],
  ["select array[1] || array[2,3], array[1] || 2, 0 || array[1], 'a' || 'b', 'n' || 1", "{1,2,3}|{1,2}|{0,1}|ab|n1"],
  ["select unnest(array[1,2]), 'x'", "1|x\n2|x"],
  ["select generate_series(1,3), generate_series(1,2)", "1|1\n2|2\n3|∅"],
  ["select * from generate_series(1, 3) as g(i), unnest(array['a','b']) with ordinality as u(x, n) order by 1, 3", "1|a|1\n1|b|2\n2|a|1\n2|b|2\n3|a|1\n3|b|2"],
  ["select a.x, b.x from (values (1),(2)) a(x) full join (values (2),(3)) b(x) on a.x = b.x order by 1, 2", "1|∅\n2|2\n∅|3"],
  ["select a.x, b.y from (values (1),(2)) a(x) left join (values (2,'p'),(2,'q')) b(x,y) on a.x = b.x order by 1, 2", "1|∅\n2|p\n2|q"],
  ["select a.x, b.y from (values (1),(2)) a(x) right join (values (2,'p'),(3,'q')) b(x,y) on a.x = b.x order by 2", "2|p\n∅|q"],
  ["select * from (values (1,'a'),(2,'b')) l(id, p) join (values (2,'c')) r(id, q) using (id)", "2|b|c"],
  ["select * from (values (1,'a'),(2,'b')) l(id, p) natural join (values (2,'c')) r(id, q)", "2|b|c"],
  ["select x, (select count(*) from (values (1),(2),(3)) u(y) where u.y < t.x) from (values (1),(3)) t(x) order by x", "1|0\n3|2"],
  ["select x from (values (1),(2),(3)) t(x) where exists (select 1 from (values (2),(3)) u(y) where u.y = t.x) order by 1", "2\n3"],
  ["select x from (values (1),(2),(null)) t(x) where x not in (select y from (values (1)) u(y)) order by 1", "2"],
  ["select t.x, l.m from (values (1),(2)) t(x), lateral (select t.x * 10 as m) l order by 1", "1|10\n2|20"],
  ["select t.x, l.m from (values (1),(2)) t(x) left join lateral (select 5 as m where t.x = 2) l on true order by 1", "1|∅\n2|5"],
  ["select g, count(*), sum(v), min(v), max(v), avg(v)::float8 from (values ('a',1),('a',3),('b',null)) t(g,v) group by g order by g", "a|2|4|1|3|2\nb|1|∅|∅|∅|∅"],
  ["select count(*), count(v), sum(v), max(v) from (values (1),(null)) t(v) where false", "0|0|∅|∅"],
  ["select g, array_agg(v order by v desc), string_agg(v::text, '-' order by v) from (values ('a',1),('a',3),('b',2)) t(g,v) group by g order by 1", "a|{3,1}|1-3\nb|{2}|2"],
  ["select count(distinct v), array_agg(distinct v), bool_and(v > 0), bool_or(v > 2), count(*) filter (where v > 1) from (values (3),(1),(3)) t(v)", "2|{1,3}|t|t|2"],
  ["select g from (values ('a',1),('a',3),('b',2)) t(g,v) group by g having sum(v) > 2 order by 1", "a"],
  ["select g, row_number() over (partition by g order by v desc), rank() over (order by g), count(*) over (partition by g) from (values ('a',1),('a',3),('b',2)) t(g,v) order by 1, 2", "a|1|1|2\na|2|1|2\nb|1|3|1"],
  ["select distinct x from (values (1),(2),(1)) t(x) order by 1", "1\n2"],
  ["select 1 union select 1 union all select 2 order by 1", "1\n2"],
  ["select 1 intersect select 1", "1"],
  ["select x from (values (1),(2)) t(x) except select 2", "1"],
  ["select x from (values (1),(2),(3)) t(x) order by x limit 1 offset 1", "2"],
  ["with a as (select 1 as x), b(y) as (select x + 1 from a) select * from a, b", "1|2"],
  ["with recursive t(n) as (values (1) union all select n + 1 from t where n < 5) select sum(n) from t", "15"],
  ["with recursive t(n) as (select 1 union select (n % 3) + 1 from t) select n from t order by 1", "1\n2\n3"],
  ["select 'int4'::regtype, 'int4'::regtype::oid, 1114::regtype::text, 'pg_class'::regclass, 'pg_class'::regclass::oid, 1259::regclass", "integer|23|timestamp without time zone|pg_class|1259|pg_class"],
  ["select format_type(1700, 655366), format_type(1043, 24), format_type(1114, 3), format_type(1184, -1), format_type(1009, null), format_type(0, null), format_type(999999, null), format_type(18, -1)", "numeric(10,2)|character varying(20)|timestamp(3) without time zone|timestamp with time zone|text[]|-|???|\"char\""],
  ["select '12'::int, 12::text, true::text, 't'::bool, 1.5::int, '1.5'::float8, 'abcdef'::name", "12|12|true|t|2|1.5|abcdef"],
  ["select upper('aB'), lower('aB'), initcap('hello world'), length('héllo'), octet_length('é'), reverse('abc'), left('abcd', 2), left('abcd', -1), right('abcd', 2), right('abcd', -1)", "AB|ab|Hello World|5|2|cba|ab|abc|cd|bcd"],
  ["select substring('abcdef', 2, 3), substring('abcdef' from 3), substring('abcdef' from 0 for 3), substr('abc', 2), position('c' in 'abc'), strpos('abc', 'z')", "bcd|cdef|ab|bc|3|0"],
  ["select trim('  x '), trim(both 'x' from 'xxaxx'), ltrim('xxa', 'x'), rtrim('axx', 'x'), lpad('7', 3, '0'), rpad('ab', 5, 'xy'), repeat('ab', 2)", "x|a|a|a|007|abxyx|abab"],
  ["select replace('aXbX', 'X', '-'), split_part('a,b,c', ',', 2), split_part('a,b,c', ',', -1), translate('abc', 'ab', 'x'), concat('a', null, 1, true), concat_ws('-', 'a', null, 'b')", "a-b-|b|c|xc|a1t|a-b"],
  ["select quote_ident('abc'), quote_ident('A b'), quote_ident('x\"y'), quote_literal('it''s'), quote_nullable(null), format('%I.%s=%L', 'My t', 5, 'v''')", "abc|\"A b\"|\"x\"\"y\"|'it''s'|NULL|\"My t\".5='v'''"],
  ["select regexp_replace('foobar', 'o', '0'), regexp_replace('foobar', 'o', '0', 'g'), regexp_replace('ab12', '([a-z]+)(\\d+)', '\\2\\1'), (regexp_match('a1b2', '([a-z])(\\d)'))[2]", "f0obar|f00bar|12ab|1"],
  ["select abs(-3), round(2.567, 2), ceil(1.2), floor(-1.2), sign(-5), mod(7, 3), power(2, 3), trunc(1.9)", "3|2.57|2|-2|-1|1|8|1"],
  ["select 5 between 1 and 5, 5 not between 6 and 7, 5 between symmetric 7 and 1, 1 is distinct from null, null is not distinct from null, true is not false, null is unknown", "t|t|t|t|t|t|t"],
  ["select (1, 2) = (1, 2), (1, 2) in ((1, 2), (3, 4)), (1, 'a') in (select 1, 'a')", "t|t|t"],
  ["select array(select x from (values (3),(1)) t(x) order by x), exists (select 1 where false)", "{1,3}|f"],
  ["select pg_typeof(1), pg_typeof('a'::text), pg_typeof(1.5), pg_typeof(array[1]), pg_typeof(now())", "integer|text|numeric|integer[]|timestamp with time zone"],
  ["select (information_schema._pg_expandarray(array[7,8])).n", "1\n2"],
  ["select k.x, k.n from (select information_schema._pg_expandarray(array[7,8]) as k) s, lateral (select (s.k).x, (s.k).n) k order by 2", "7|1\n8|2"],
  ["select json_build_object('a', 1, 'b', null), json_build_array(1, 'x')", "{\"a\" : 1, \"b\" : null}|[1, \"x\"]"],
  ["select date '2020-02-29', timestamp '2020-01-02 03:04:05.678', extract(year from timestamp '2020-01-02 03:04:05'), extract(epoch from timestamp '1970-01-01 00:01:00')::int", "2020-02-29|2020-01-02 03:04:05.678|2020|60"],
  ["select pg_size_pretty(10::bigint), pg_size_pretty(123456::bigint), pg_encoding_to_char(6), to_regclass('nope')", "10 bytes|121 kB|UTF8|∅"],
];

describe('catalog queries compute as PostgreSQL does', () => {
  let w: World;
  before(async () => { w = await world(); });
  for (const [sql, printed] of CASES) it(sql, async () => { expect(await run(w, sql)).to.equal(printed); });
});

/** Values on the wire: text and binary of every type, parameters both ways, read by hand and by node-postgres. */
import { trustAll } from './access-support.ts';
import { expect } from 'chai';
import pg from 'pg';
import { serialize } from 'pg-protocol';
import { silentLog } from '../../core/ports/log.ts';
import * as sql from '../../core/types/sql-type.ts';
import { startPgServer } from '../../server/pgwire/server.ts';
import type { RunningServer } from '../../server/pgwire/server.ts';
import { decodeParameter, readText } from '../../server/pgwire/parameters.ts';
import { OutBuffer } from '../../server/pgwire/out-buffer.ts';
import { OID, pgTypeOf, sqlTypeOfOid } from '../../server/pgwire/types.ts';
import { fieldEncoder, textWriter } from '../../server/pgwire/values.ts';
import { dateText, daysOf, offsetText, readDateTime, splitTimestamp, timestampOf, timestampText, UTC, zonedTimestampText, zoneOf } from '../../server/values/datetime.ts';
import type { Zone } from '../../server/values/datetime.ts';
import { decimalText, fitDecimal, floatText, readDecimal } from '../../server/values/decimal.ts';
import { jsonWriter } from '../../server/values/json.ts';
import { everyType, FakeGateway } from './fake-gateway.ts';
import { int16, int32, RawClient, rowOf } from './raw-client.ts';

const binary = (type: sql.SqlType, value: unknown): Buffer => {
  const out = new OutBuffer();
  fieldEncoder({ type }, 1, UTC)(out, value);
  return Buffer.from(out.take().subarray(4));
};
const text = (type: sql.SqlType, value: unknown, zone: Zone = UTC): string => textWriter(type, zone)(value);
const code = (run: () => unknown): string => { try { run(); } catch (error) { return (error as { sqlstate: string }).sqlstate; } return 'none'; };

describe('PG wire: values', () => {
  let gateway: FakeGateway, server: RunningServer;
  before(async () => {
    gateway = new FakeGateway();
    server = await startPgServer({ host: '127.0.0.1', port: 0, authenticate: trustAll, gateway, log: silentLog });
  });
  after(() => server.close());

  it('are read rightly by node-postgres', async () => {
    const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'u', database: 'd' });
    await client.connect();
    try {
      const utc = new Date(1_582_979_696_789), local = new Date(2020, 1, 29, 12, 34, 56, 789);
      const common = { b: true, t: -128, s: -32768, i: 2147483647, l: '9007199254740993', d: -1.5e300, v: 'vär', x: 'naïve 🎈', n: '-12345678901234567890.123456789012345678' };
      const asText = (await client.query('SELECT TYPES')).rows[0];
      expect(asText).to.deep.include({ ...common, f: 0.1, y: Buffer.from([0, 255, 92]), da: new Date(2020, 1, 29), ts: local, tz: utc, ai: [1, null, 3], as: ['a b', 'null', '', 'x"y\\z', null] });
      expect(Object.keys(asText.m)).to.deep.equal(['__proto__']);
      const nulls = (await client.query({ text: 'SELECT NULLS', rowMode: 'array' })).rows[0];
      expect(nulls).to.deep.equal(everyType.map(() => null));
      const echo = await client.query('SELECT ECHO(BIGINT, STRING, DECIMAL, BYTES, BOOLEAN, INTS)', ['9223372036854775807', "it's 🎈\u0000", '-1.5', Buffer.from([1, 0]), true, [1, null]]);
      expect(Object.values(echo.rows[0])).to.deep.equal(['9223372036854775807', "it's 🎈\u0000", '-1.5000', Buffer.from([1, 0]), true, [1, null]]);
    } finally { await client.end(); }
  });

  it('describe columns with OID, size and modifier', async () => {
    const client = await RawClient.start(server.port);
    client.send(serialize.query('SELECT TYPES'));
    const { body } = (await client.until('T')).at(-1) as { body: Buffer };
    const seen = new Map<string, number[]>();
    for (let i = 0, at = 2; i < body.readInt16BE(0); i++) {
      const end = body.indexOf(0, at);
      seen.set(body.toString('utf8', at, end), [body.readInt32BE(end + 7), body.readInt16BE(end + 11), body.readInt32BE(end + 13)]);
      at = end + 19;
    }
    expect(Object.fromEntries(seen)).to.deep.equal({
      b: [16, 1, -1], t: [21, 2, -1], s: [21, 2, -1], i: [23, 4, -1], l: [20, 8, -1], f: [700, 4, -1], d: [701, 8, -1], n: [1700, -1, (38 << 16 | 18) + 4], c: [1042, -1, 7], v: [1043, -1, 14], x: [25, -1, -1],
      y: [17, -1, -1], da: [1082, 4, -1], ti: [1083, 8, 3], ts: [1114, 8, 3], ts6: [1114, 8, 6], ts9: [1114, 8, 6], tz: [1184, 8, 3], iy: [1186, 16, -1], id: [1186, 16, -1], ai: [1007, -1, -1], as: [1009, -1, -1], m: [114, -1, -1], r: [114, -1, -1],
    });
    client.destroy();
  });

  it('have PostgreSQL\'s binary forms', () => {
    expect(binary(sql.BIGINT, -9223372036854775808n).toString('hex')).to.equal('8000000000000000');
    expect(binary(sql.SMALLINT, -2).toString('hex')).to.equal('fffe');
    expect(binary(sql.DATE, 10_957).readInt32BE()).to.equal(0);
    expect(binary(sql.time(3), 1).readBigInt64BE()).to.equal(1000n);
    expect(binary(sql.timestamp(9), 946_684_800_000_000_000n - 1n).readBigInt64BE()).to.equal(-1n);
    expect(binary(sql.timestampLtz(3), 0).readBigInt64BE()).to.equal(-946_684_800_000_000n);
    // numeric_send: ndigits, weight, sign, dscale, digits
    const numeric = (unscaled: sql.Long, scale: number): number[] => { const b = binary(sql.decimal(38, scale), unscaled); return Array.from({ length: b.length / 2 }, (_, i) => b.readInt16BE(i * 2)); };
    expect(numeric(0, 2)).to.deep.equal([0, 0, 0, 2]);
    expect(numeric(-123_456_789, 4)).to.deep.equal([3, 1, 0x4000, 4, 1, 2345, 6789]);
    expect(numeric(5, 6)).to.deep.equal([1, -2, 0, 6, 500]);
    expect(numeric(10_000_0000, 4)).to.deep.equal([1, 1, 0, 4, 1]);
    expect(binary(sql.array(sql.INT), [1, null])).to.deep.equal(Buffer.concat([int32(1), int32(1), int32(23), int32(2), int32(1), int32(4), int32(1), int32(-1)]));
    expect(binary(sql.array(sql.INT), [])).to.deep.equal(Buffer.concat([int32(0), int32(0), int32(23)]));
  });

  it('come back the same as parameters, in both formats', () => {
    const further: readonly (readonly [sql.SqlType, unknown])[] = [
      [sql.decimal(10, 0), 0], [sql.decimal(38, 0), 10n ** 37n], [sql.decimal(5, 5), -1], [sql.DATE, -800_000], [sql.timestamp(0), -1000], [sql.DOUBLE, Infinity], [sql.DOUBLE, -0], [sql.FLOAT, Math.fround(1e-42)],
      [sql.INTERVAL_DAY_TIME, -93_784_005], [sql.INTERVAL_YEAR_MONTH, -14], [sql.STRING, ''], [sql.STRING, 'x'.repeat(100_000)], [sql.array(sql.decimal(10, 2)), [1, null, -250]], [sql.array(sql.STRING), []],
    ];
    for (const [type, value] of [...everyType.map(([, t, v]) => [t, v] as const), ...further]) {
      if (type.kind === 'MAP' || type.kind === 'ROW') continue;
      const oid = pgTypeOf(type).oid, cut = type.kind === 'TIMESTAMP' && type.precision > 6 ? (value as bigint) / 1000n * 1000n : value;
      expect(readText(type, text(type, value), UTC), sql.typeText(type)).to.deep.equal(cut);
      expect(decodeParameter(0, binary(type, value), 1, oid, type, UTC), `binary ${sql.typeText(type)}`).to.deep.equal(cut);
    }
  });

  it('of another type than the parameter are brought to it by their text', () => {
    const of = (oid: number, bytes: Buffer, target: sql.SqlType): unknown => decodeParameter(0, bytes, 1, oid, target, UTC);
    expect(of(OID.int2, int16(5), sql.BIGINT)).to.equal(5);
    expect(of(OID.int4, int32(-5), sql.decimal(10, 2))).to.equal(-500);
    expect(of(OID.int8, Buffer.alloc(8, 1), sql.STRING)).to.equal('72340172838076673');
    expect(code(() => of(OID.int4, int32(300), sql.TINYINT))).to.equal('22003');
    expect(of(OID.uuid, Buffer.from('00112233445566778899aabbccddeeff', 'hex'), sql.STRING)).to.equal('00112233-4455-6677-8899-aabbccddeeff');
    expect(of(OID.jsonb, Buffer.from('\u0001{}'), sql.STRING)).to.equal('{}');
    for (const [oid, bytes, target] of [[OID.int4, Buffer.alloc(3), sql.INT], [OID.int4, Buffer.alloc(5), sql.INT], [1007, Buffer.concat([int32(1), int32(0), int32(23), int32(0x7fffffff), int32(1)]), sql.array(sql.INT)], [OID.numeric, Buffer.alloc(8, 0xff), sql.decimal(5, 2)], [99_999, Buffer.alloc(4), sql.STRING]] as const) {
      expect(code(() => of(oid, bytes, target)), String(oid)).to.equal('22P03');
    }
  });

  it('refuse texts that are none of the type', () => {
    const cases: readonly (readonly [sql.SqlType, string, string])[] = [
      [sql.INT, '1.0', '22P02'], [sql.INT, '', '22P02'], [sql.INT, '2147483648', '22003'], [sql.BIGINT, '9223372036854775808', '22003'], [sql.BOOLEAN, 'maybe', '22P02'], [sql.DOUBLE, '1e400', '22003'], [sql.DOUBLE, '0x10', '22P02'],
      [sql.decimal(3, 1), '99.96', '22003'], [sql.decimal(3, 1), '1e9999', '22003'], [sql.DATE, '2021-02-29', '22007'], [sql.time(3), '25:00', '22007'], [sql.timestamp(3), 'now', '22007'], [sql.BYTES, '\\x0', '22P02'], [sql.BYTES, '\\9', '22P02'],
      [sql.array(sql.INT), '{1,{2}}', '22P02'], [sql.array(sql.INT), '{1,}', '22P02'], [sql.array(sql.INT), '{"1', '22P02'], [sql.INTERVAL_DAY_TIME, '1 month', '22003'], [sql.INTERVAL_DAY_TIME, 'soon', '22007'], [sql.INT, '1'.repeat(5000), '22P02'],
      [sql.map(sql.STRING, sql.INT), '{}', '0A000'],
    ];
    for (const [type, value, state] of cases) expect(code(() => readText(type, value, UTC)), `${sql.typeText(type)} ${value.slice(0, 20)}`).to.equal(state);
    expect(code(() => decodeParameter(0, Buffer.from([0xc3, 0x28]), 0, 0, sql.STRING, UTC))).to.equal('22021');
    expect(readText(sql.timestampLtz(3), '2020-07-01 12:00:00', zoneOf('Europe/Berlin') as Zone)).to.equal(Date.UTC(2020, 6, 1, 10));
    expect(readText(sql.timestampLtz(3), '2020-07-01T12:00:00.5-05:30', UTC)).to.equal(Date.UTC(2020, 6, 1, 17, 30, 0, 500));
  });

  it('map OIDs to types and back', () => {
    for (const [, type] of everyType) {
      const { oid } = pgTypeOf(type), back = sqlTypeOfOid(oid);
      expect(back === undefined ? 0 : pgTypeOf(back).oid, sql.typeText(type)).to.equal(oid === OID.bpchar || oid === OID.varchar || oid === OID.json ? OID.text : oid);
    }
    expect([sqlTypeOfOid(0), sqlTypeOfOid(OID.unknown), sqlTypeOfOid(4_000_000)]).to.deep.equal([undefined, undefined, undefined]);
  });

  it('keep calendar arithmetic right at its corners', () => {
    for (let days = -1_000_000; days < 3_000_000; days += 997) {
      const [, year, month, day] = /^(-?\d+)-(\d+)-(\d+)$/.exec(dateText(days)) as unknown as [string, string, string, string];
      expect(daysOf(Number(year), Number(month), Number(day))).to.equal(days);
      if (days > -719_000) expect(dateText(days)).to.equal(new Date(days * 86_400_000).toISOString().slice(0, days < 2_932_897 ? 10 : 13).replace(/^\+0/, ''));
    }
    for (const value of [-1, 0, 1, 8.64e10 - 1, 8.64e10, 9_007_199_254_740_991, -9_007_199_254_740_991, 104_249 * 8.64e10 - 1]) {
      const whole = splitTimestamp(value, 6), exact = splitTimestamp(BigInt(value), 6);
      expect(whole).to.deep.equal(exact);
      expect(BigInt(whole.days) * 86_400_000_000n + BigInt(whole.units)).to.equal(BigInt(value));
    }
    expect(timestampText(-1, 9)).to.equal('1969-12-31 23:59:59.999999999');
    expect(timestampText(253_402_300_799_999, 3)).to.equal('9999-12-31 23:59:59.999');
    expect(timestampText(1_999, 0)).to.equal('1970-01-01 00:00:01');
    expect(timestampOf(readDateTime('2020-02-29 12:34:56.123456789') as never, 4)).to.equal(1_582_979_696_123_400);
  });

  it('know time zones, with their changes', () => {
    const at = (zone: string, iso: string): string => { const z = zonedTimestampText(Date.parse(iso), 3, zoneOf(zone) as Zone); return z.text + offsetText(z.offsetSeconds); };
    expect(at('Europe/Berlin', '2024-03-31T00:59:59.999Z')).to.equal('2024-03-31 01:59:59.999+01');
    expect(at('Europe/Berlin', '2024-03-31T01:00:00.000Z')).to.equal('2024-03-31 03:00:00.000+02');
    expect(at('Asia/Kolkata', '2024-01-01T00:00:00.000Z')).to.equal('2024-01-01 05:30:00.000+05:30');
    expect(at('-03:30', '2024-01-01T00:00:00.000Z')).to.equal('2023-12-31 20:30:00.000-03:30');
    expect(zoneOf('Not/AZone')).to.equal(undefined);
  });

  it('keep numbers exact', () => {
    expect([decimalText(-5, 2), decimalText(0, 3), decimalText(10n ** 37n, 37), decimalText(7, 0)]).to.deep.equal(['-0.05', '0.000', '1.0000000000000000000000000000000000000', '7']);
    expect(fitDecimal(readDecimal('2.345') as never, 5, 2)).to.equal(235);
    expect(fitDecimal(readDecimal('-2.345') as never, 5, 2)).to.equal(-235);
    expect(fitDecimal(readDecimal('1e-9999') as never, 5, 2)).to.equal(0);
    expect(readDecimal('.')).to.equal(undefined);
    for (const value of [0.1, 16777217, 3.4028234663852886e38, 1e-45, 1 / 3]) expect(Math.fround(Number(floatText(Math.fround(value))))).to.equal(Math.fround(value));
    expect(floatText(Math.fround(0.1))).to.equal('0.1');
    const json = jsonWriter(sql.row([{ name: '__proto__', type: sql.BIGINT }, { name: 'd', type: sql.decimal(20, 1) }, { name: 'x', type: sql.DOUBLE }]), 'string');
    expect(json([9223372036854775807n, 12345678901234567890n, Number.NaN])).to.equal('{"__proto__":9223372036854775807,"d":"1234567890123456789.0","x":"NaN"}');
  });

  it('of any length arrive whole', async () => {
    const client = await RawClient.start(server.port);
    const long = 'ü'.repeat(300_000);
    client.send(serialize.parse({ text: 'SELECT ECHO(STRING)' }), serialize.bind({ values: [long] }), serialize.execute({}), serialize.sync());
    const row = (await client.until('Z')).find((m) => m.type === 'D');
    expect(rowOf(row as never)[0]?.toString()).to.equal(long);
    client.destroy();
  });
});

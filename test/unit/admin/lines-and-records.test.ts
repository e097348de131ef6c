import { expect } from 'chai';
import { hashMapOrder } from '../../../src/admin/tools/hash-map-order.js';
import { lineParser } from '../../../src/admin/tools/line-reader.js';
import { recordFormatter } from '../../../src/admin/tools/record-formatter.js';
import { topicFilter } from '../../../src/admin/tools/topic-filter.js';
import { AbortedTransactions } from '../../../src/client/aborted-transactions.js';
import type { ConsumedRecord } from '../../../src/client/fetcher.js';

const text = (bytes: Buffer | null | undefined): string | null => bytes?.toString() ?? null;

/** key | value | headers */
function parsed(properties: Record<string, string>, line: string): string {
  const { key, value, headers = [] } = lineParser('t', new Map(Object.entries(properties)))(line);
  const pairs = headers.map((header) => `${header.key}=${String(text(header.value ?? null))}`);
  return [text(key), text(value), pairs.join(',')].map(String).join(' | ');
}

describe('the reader of lines', () => {
  const key = { 'parse.key': 'true' };
  const headers = { 'parse.headers': 'true' };
  for (const [properties, line, expected] of [
    [{}, 'a\tb', 'null | a\tb | '],
    [key, 'a\tb\tc', 'a | b\tc | '],
    [{ ...key, 'key.separator': '::' }, 'a::', 'a |  | '],
    [headers, 'h1:v1,h2:v2\tvalue', 'null | value | h1=v1,h2=v2'],
    [{ ...headers, ...key }, 'h:\tk\tv', 'k | v | h='],
    [{ ...headers, ...key, 'null.marker': 'N' }, 'h:N\tN\tN', 'null | null | h=null'],
    [{ ...headers, 'null.marker': 'N' }, 'N\tv', 'null | v | '],
    [{ ...key, 'ignore.error': 'true' }, 'no key', 'null | no key | '],
    [{ ...headers, 'ignore.error': 'true' }, 'bare\tv', 'null | v | bare=null'],
    [{ ...headers, 'headers.separator': '#' }, 'a:1#b:2##\tv', 'null | v | a=1,b=2'],
  ] as const) {
    it(`reads ${JSON.stringify(line)} with ${JSON.stringify(properties)}`, () => {
      expect(parsed(properties, line)).to.equal(expected);
    });
  }

  it('says which line lacks what', () => {
    const parse = lineParser('t', new Map([['parse.key', 'true']]));
    parse('a\tb');
    expect(() => parse('nokey')).to.throw("No key separator found on line number 2: 'nokey'");
    const withHeaders = lineParser('t', new Map([['parse.headers', 'true']]));
    expect(() => withHeaders('x')).to.throw("No headers delimiter found on line number 1: 'x'");
    expect(() => withHeaders('x\tv')).to.throw("No header key separator found in pair 'x' on line number 2");
  });
});

describe('the formatter of records', () => {
  const record: ConsumedRecord = {
    topic: 't',
    partition: 2,
    offset: 7,
    timestamp: 1700000000000,
    timestampType: 'LogAppendTime',
    leaderEpoch: 0,
    sequence: -1,
    key: Buffer.from('k'),
    value: null,
    headers: [
      { key: 'h1', value: Buffer.from('v1') },
      { key: 'h2', value: null },
    ],
  };
  const print = (properties: Record<string, string>, one = record): string =>
    recordFormatter(new Map(Object.entries(properties)))(one).toString();
  const all = {
    'print.timestamp': 'true',
    'print.partition': 'true',
    'print.offset': 'true',
    'print.headers': 'true',
    'print.key': 'true',
  };

  it('prints what is asked for, in the order of Kafka', () => {
    expect(print({})).to.equal('null\n');
    expect(print(all)).to.equal('LogAppendTime:1700000000000\tPartition:2\tOffset:7\th1:v1,h2:null\tk\tnull\n');
    expect(print(all, { ...record, headers: [] })).to.match(/\tNO_HEADERS\tk\t/);
  });

  it('takes separators and a text for null', () => {
    const properties = { ...all, 'key.separator': '|', 'headers.separator': ';', 'null.literal': 'NIL' };
    expect(print({ ...properties, 'line.separator': '.' })).to.match(/\|h1:v1;h2:NIL\|k\|NIL\.$/);
    expect(print({ 'print.value': 'false', 'print.key': 'true' })).to.equal('k\n');
    expect(print({ 'print.value': 'false' })).to.equal('');
  });
});

describe('the filter of topics', () => {
  for (const [pattern, matching] of [
    ['a', ['a']],
    ['a.*', ['a', 'ab', 'a.b']],
    ['a, b', ['a', 'b']],
    ['"a|b"', ['a', 'b']],
    ['a\\.b', ['a.b']],
  ] as const) {
    it(`${pattern} means ${matching.join(' ')}`, () => {
      expect(['a', 'b', 'ab', 'a.b', 'cab'].filter(topicFilter(pattern))).to.deep.equal(matching);
    });
  }

  it('refuses what is no expression', () => expect(() => topicFilter('(')).to.throw('( is an invalid regex.'));
});

describe('hashMapOrder', () => {
  it('is the order in which java.util.HashMap lists keys', () => {
    const inserted =
      'compression.type cleanup.policy min.insync.replicas segment.bytes retention.ms retention.bytes flush.messages flush.ms segment.ms segment.jitter.ms preallocate max.message.bytes index.interval.bytes unclean.leader.election.enable';
    const listed = // printed by Java 17
      'compression.type max.message.bytes min.insync.replicas segment.jitter.ms preallocate index.interval.bytes unclean.leader.election.enable retention.bytes cleanup.policy flush.ms segment.bytes retention.ms segment.ms flush.messages';
    expect(hashMapOrder(inserted.split(' '))).to.deep.equal(listed.split(' '));
    expect(hashMapOrder(['b', 'a', 'q'])).to.deep.equal(['a', 'q', 'b']); // q and a share a bin of 16
  });
});

describe('AbortedTransactions', () => {
  it('covers a producer from its first aborted offset to its marker', () => {
    const aborted = new AbortedTransactions([
      { producerId: 2, firstOffset: 20 },
      { producerId: 1, firstOffset: 10 },
      { producerId: 1, firstOffset: 40 },
    ]);
    expect(aborted.covers(1, 9)).to.equal(false);
    expect(aborted.covers(1, 12)).to.equal(true);
    expect(aborted.covers(2, 15)).to.equal(false);
    expect(aborted.covers(2, 22)).to.equal(true);
    aborted.end(1);
    expect(aborted.covers(1, 30)).to.equal(false);
    expect(aborted.covers(1, 45)).to.equal(true);
  });
});

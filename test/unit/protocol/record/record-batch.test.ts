import { expect } from 'chai';
import fc from 'fast-check';
import { buildBatch, type NewRecord } from '../../../../src/protocol/record/batch-builder.js';
import { buildEndTransactionMarker, controlTypeOf } from '../../../../src/protocol/record/control-batch.js';
import { crc32c } from '../../../../src/protocol/record/crc32c.js';
import {
  addSequence,
  attributesOf,
  baseOffsetOf,
  batchSizeOf,
  computeCrc,
  crcOf,
  isControl,
  isLogAppendTime,
  lastOffsetOf,
  lastSequenceOf,
  leaderEpochOf,
  maxTimestampOf,
  stampBatch,
  stampMaxTimestamp,
} from '../../../../src/protocol/record/record-batch.js';
import { batchesIn, recordsOf } from '../../../../src/protocol/record/record-reader.js';
import {
  sizeOfVarint,
  sizeOfVarlong,
  VarintReader,
  writeVarint,
  writeVarlong,
} from '../../../../src/protocol/record/varint.js';

const aTimestamp = fc.oneof(
  fc.integer({ min: -10, max: 4_000_000_000_000 }),
  fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : n)),
);
const aField = fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
const aRecord: fc.Arbitrary<NewRecord> = fc.record({
  key: aField,
  value: aField,
  timestamp: aTimestamp,
  headers: fc.array(fc.record({ key: fc.string(), value: aField }), { maxLength: 3 }),
});

describe('record batch', () => {
  it('reads back any records that were written', () => {
    fc.assert(
      fc.property(fc.array(aRecord, { minLength: 1, maxLength: 20 }), fc.nat(), (records, baseOffset) => {
        const bytes = buildBatch({ records, baseOffset, producerId: 7, producerEpoch: 1, baseSequence: 5 });
        expect(batchSizeOf(bytes, 0)).to.equal(bytes.length);
        expect(computeCrc(bytes, 0, crc32c)).to.equal(crcOf(bytes, 0));
        expect(lastSequenceOf(bytes, 0)).to.equal(5 + records.length - 1);
        const expected = records.map((record, i) => ({ ...record, offset: baseOffset + i, sequence: 5 + i }));
        expect(recordsOf(bytes)).to.deep.equal(expected);
      }),
    );
  });

  it('stamps offset and epoch without touching what the CRC covers', () => {
    const bytes = buildBatch({ records: [{ value: Buffer.from('a'), timestamp: 1 }, { timestamp: 2 }] });
    stampBatch(bytes, 0, 2 ** 40, 9);
    expect(baseOffsetOf(bytes, 0)).to.equal(2 ** 40);
    expect(lastOffsetOf(bytes, 0)).to.equal(2 ** 40 + 1);
    expect(leaderEpochOf(bytes, 0)).to.equal(9);
    expect(computeCrc(bytes, 0, crc32c)).to.equal(crcOf(bytes, 0));
  });

  it('gives every record the append time, under a CRC that holds', () => {
    const bytes = buildBatch({ records: [{ timestamp: 1 }, { timestamp: 2 }] });
    stampMaxTimestamp(bytes, 0, true, 1_700_000_000_000, crc32c);
    expect(isLogAppendTime(attributesOf(bytes, 0))).to.equal(true);
    expect(maxTimestampOf(bytes, 0)).to.equal(1_700_000_000_000);
    expect(recordsOf(bytes).map((r) => r.timestamp)).to.deep.equal([1_700_000_000_000, 1_700_000_000_000]);
    expect(computeCrc(bytes, 0, crc32c)).to.equal(crcOf(bytes, 0));
  });

  it('lists whole batches and leaves a torn one out', () => {
    const one = buildBatch({ records: [{ timestamp: 1 }] });
    const two = Buffer.concat([one, one]);
    expect([...batchesIn(two)]).to.deep.equal([
      { at: 0, end: one.length },
      { at: one.length, end: 2 * one.length },
    ]);
    expect([...batchesIn(two.subarray(0, two.length - 1))]).to.have.length(1);
    expect([...batchesIn(two.subarray(0, one.length + 5))]).to.have.length(1);
  });

  it('marks the end of a transaction', () => {
    const bytes = buildEndTransactionMarker({
      type: 'commit',
      producerId: 4,
      producerEpoch: 0,
      coordinatorEpoch: 2,
      timestamp: 5,
    });
    expect(isControl(attributesOf(bytes, 0))).to.equal(true);
    expect(controlTypeOf(recordsOf(bytes)[0]!.key)).to.equal('commit');
  });

  it('never reads outside a damaged batch', () => {
    const bytes = buildBatch({ records: [{ value: Buffer.alloc(50), timestamp: 1 }, { timestamp: 2 }] });
    fc.assert(
      fc.property(fc.integer({ min: 61, max: bytes.length - 1 }), fc.nat(255), (at, value) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = value;
        try {
          recordsOf(damaged);
        } catch (error) {
          expect(error).to.have.property('error', 'CORRUPT_MESSAGE');
        }
      }),
    );
  });
});

describe('sequence numbers', () => {
  it('begin again at zero after 2^31−1', () => {
    expect(addSequence(0x7fffffff, 1)).to.equal(0);
    expect(addSequence(0x7ffffffe, 3)).to.equal(1);
    expect(addSequence(5, 3)).to.equal(8);
  });
});

describe('varints', () => {
  it('round-trip every int32 in the size foretold', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const bytes = Buffer.alloc(5);
        expect(writeVarint(bytes, value, 0)).to.equal(sizeOfVarint(value));
        expect(new VarintReader(bytes).varint()).to.equal(value);
      }),
    );
  });

  it('round-trip every int64 in the size foretold', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = Buffer.alloc(10);
        expect(writeVarlong(bytes, value, 0)).to.equal(sizeOfVarlong(value));
        expect(BigInt(new VarintReader(bytes).varlong())).to.equal(value);
      }),
    );
  });
});

describe('crc32c', () => {
  it('is the Castagnoli polynomial, and goes on from a seed', () => {
    const digits = Buffer.from('123456789');
    expect(crc32c(digits, 0, 9)).to.equal(0xe3069283);
    expect(crc32c(digits, 4, 9, crc32c(digits, 0, 4))).to.equal(0xe3069283);
  });
});

import { expect } from 'chai';
import { KafkaError } from '../../../src/common/errors.js';
import { buildBatch, type NewBatch } from '../../../src/protocol/record/batch-builder.js';
import { buildEndTransactionMarker } from '../../../src/protocol/record/control-batch.js';
import { crc32c } from '../../../src/protocol/record/crc32c.js';
import {
  attributesOf,
  computeCrc,
  crcOf,
  isLogAppendTime,
  maxTimestampOf,
} from '../../../src/protocol/record/record-batch.js';
import { recordsOf } from '../../../src/protocol/record/record-reader.js';
import type { LogConfig } from '../../../src/storage/log.js';
import { aBatch, aLogConfig, LogBench, readAll } from '../../support/log-fixtures.js';

const NOW = 1_700_000_000_000;

/** A batch with bytes changed after it was built, under a checksum that holds. */
function patched(batch: Buffer, patch: (bytes: Buffer) => void): Buffer {
  patch(batch);
  batch.writeUInt32BE(computeCrc(batch, 0, crc32c), 17);
  return batch;
}

function refusal(records: Buffer, config: Partial<LogConfig> = {}): KafkaError {
  const log = new LogBench().open({ config: aLogConfig(config) });
  try {
    log.appendAsLeader(records, 0, 'client');
  } catch (error) {
    expect(log.logEndOffset).to.equal(0);
    if (error instanceof KafkaError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('what a leader refuses to append', () => {
  const two = () => aBatch(['one', 'two']);
  const cases: [string, string, () => Buffer, Partial<LogConfig>?][] = [
    ['no batch', 'INVALID_RECORD', () => Buffer.alloc(0)],
    ['a truncated batch', 'INVALID_RECORD', () => two().subarray(0, -3)],
    ['two batches', 'INVALID_RECORD', () => Buffer.concat([two(), two()])],
    ['magic 3', 'CORRUPT_MESSAGE', () => patched(two(), (b) => b.writeInt8(3, 16))],
    ['magic 1', 'INVALID_RECORD', () => patched(two(), (b) => b.writeInt8(1, 16))],
    ['a wrong checksum', 'CORRUPT_MESSAGE', () => two().fill(1, 70, 71)],
    ['a base offset', 'INVALID_RECORD', () => patched(two(), (b) => b.writeInt32BE(1, 4))],
    ['a record count that is too high', 'INVALID_RECORD', () => patched(two(), (b) => b.writeInt32BE(3, 57))],
    ['a record count of 0', 'INVALID_RECORD', () => patched(two(), (b) => b.writeInt32BE(0, 57))],
    ['a last offset that does not fit', 'INVALID_RECORD', () => patched(two(), (b) => b.writeInt32BE(5, 23))],
    ['a negative offset range', 'INVALID_RECORD', () => patched(two(), (b) => b.writeInt32BE(-2, 23))],
    ['garbage for records', 'INVALID_RECORD', () => patched(two(), (b) => b.fill(0xff, 61))],
    ['records that end early', 'INVALID_RECORD', () => patched(two(), (b) => b.writeInt8(4, 61))],
    ['compression 5', 'UNKNOWN_SERVER_ERROR', () => patched(two(), (b) => b.writeInt16BE(5, 21))],
    [
      'a control batch',
      'INVALID_RECORD',
      () => aBatch(['x'], { isControl: true, isTransactional: true, producerId: 1, producerEpoch: 0 }),
    ],
    [
      'a producer without sequence',
      'INVALID_RECORD',
      () => aBatch(['x'], { producerId: 1, producerEpoch: 0, baseSequence: -1 }),
    ],
    ['more than max.message.bytes', 'MESSAGE_TOO_LARGE', () => aBatch(['x'.repeat(2000)]), { maxMessageBytes: 1000 }],
    ['more than a segment', 'RECORD_LIST_TOO_LARGE', () => aBatch(['x'.repeat(2000)]), { segmentBytes: 1000 }],
  ];
  for (const [what, error, records, config] of cases) {
    it(`${what}: ${error}`, () => expect(refusal(records(), config).error).to.equal(error));
  }

  it('a record without key in a compacted topic, named by its place', () => {
    const records = [
      { key: Buffer.from('k'), timestamp: NOW },
      { value: Buffer.from('v'), timestamp: NOW },
    ];
    const error = refusal(buildBatch({ records }), { cleanupPolicy: { delete: false, compact: true } });
    expect(error.error).to.equal('INVALID_RECORD');
    expect(error.recordErrors).to.deep.equal([
      { batchIndex: 1, message: 'Compacted topic cannot accept message without key in topic partition t-0' },
    ]);
    expect(error.message).to.equal(
      "One or more records have been rejected due to 1 record errors in total, and only showing the first three errors at most: [RecordError(batchIndex=1, message='Compacted topic cannot accept message without key in topic partition t-0')]",
    );
  });

  it('timestamps too far off, in both directions', () => {
    const limits = { messageTimestampBeforeMaxMs: 1000, messageTimestampAfterMaxMs: 1000 };
    const early = refusal(buildBatch({ records: [{ timestamp: NOW - 1001 }, { timestamp: NOW }] }), limits);
    expect(early.error).to.equal('INVALID_TIMESTAMP');
    expect(early.message).to.equal('One or more records have been rejected due to invalid timestamp');
    expect(early.recordErrors).to.deep.equal([
      {
        batchIndex: 0,
        message: `Timestamp ${NOW - 1001} of message with offset 0 is out of range. The timestamp should be within [${NOW - 1000}, ${NOW + 1000}]`,
      },
    ]);
    expect(
      refusal(buildBatch({ records: [{ timestamp: NOW }, { timestamp: NOW + 1001 }] }), limits).recordErrors[0]
        ?.batchIndex,
    ).to.equal(1);
  });

  it('LogAppendTime set by the producer of a LogAppendTime topic', () => {
    const batch = patched(aBatch(['x']), (b) => b.writeInt16BE(8, 21));
    expect(refusal(batch, { messageTimestampType: 'LogAppendTime' }).error).to.equal('INVALID_TIMESTAMP');
  });
});

describe('what a leader takes and may mend', () => {
  function appended(batch: Buffer, config: Partial<LogConfig> = {}) {
    const log = new LogBench().open({ config: aLogConfig(config) });
    const result = log.appendAsLeader(batch, 4, 'client');
    const stored = readAll(log)[0]!;
    expect(computeCrc(stored, 0, crc32c)).to.equal(crcOf(stored, 0));
    return { result, stored };
  }

  it('bytes behind a whole batch are left out', () => {
    const batch = aBatch(['x']);
    const { stored } = appended(Buffer.concat([batch, Buffer.from('garbage')]));
    expect(stored).to.have.length(batch.length);
  });

  it('timestamps −1 and −5, and two hours ahead, under the default limits', () => {
    for (const timestamp of [-1, -5, NOW + 7_200_000]) {
      expect(appended(buildBatch({ records: [{ timestamp }] })).result.lastOffset).to.equal(0);
    }
  });

  it('LogAppendTime of the topic goes into the batch', () => {
    const { result, stored } = appended(buildBatch({ records: [{ timestamp: 5 }] }), {
      messageTimestampType: 'LogAppendTime',
    });
    expect(result.logAppendTimeMs).to.equal(NOW);
    expect(recordsOf(stored)[0]?.timestamp).to.equal(NOW);
  });

  it('LogAppendTime set by the producer is taken back in a CreateTime topic', () => {
    const { result, stored } = appended(patched(aBatch(['x']), (b) => b.writeInt16BE(8, 21)));
    expect(result.logAppendTimeMs).to.equal(-1);
    expect(isLogAppendTime(attributesOf(stored, 0))).to.equal(false);
  });

  it('a largest timestamp that the header has wrong', () => {
    const batch = patched(buildBatch({ records: [{ timestamp: 9 }, { timestamp: 5 }] }), (b) =>
      b.writeBigInt64BE(77n, 35),
    );
    expect(maxTimestampOf(appended(batch).stored, 0)).to.equal(9);
  });

  it('timestamps of nanoseconds', async () => {
    const timestamp = 1_700_000_000_000_000_001n;
    const bench = new LogBench();
    const log = bench.open();
    log.appendAsLeader(buildBatch({ records: [{ timestamp: 5 }, { timestamp }] }), 0, 'client');
    expect(recordsOf(readAll(log)[0]!)[1]?.timestamp).to.equal(timestamp);
    expect(await log.offsetForTimestamp(6)).to.deep.equal({ offset: 1, timestamp, leaderEpoch: 0 });
  });
});

describe('idempotent producers', () => {
  const of = (baseSequence: number, batch: Partial<NewBatch> = {}, values = ['x']) =>
    aBatch(values, { producerId: 9, producerEpoch: 0, baseSequence, ...batch });

  function refused(log: ReturnType<LogBench['open']>, batch: Buffer): string {
    try {
      log.appendAsLeader(batch, 0, 'client');
      return 'was accepted';
    } catch (error) {
      return (error as KafkaError).error;
    }
  }

  it('a batch that is sent again gets its first offset, and is not written twice', () => {
    const log = new LogBench().open();
    for (let i = 0; i < 5; i++) log.appendAsLeader(of(i), 0, 'client');
    for (let i = 0; i < 5; i++) {
      expect(log.appendAsLeader(of(i), 0, 'client')).to.include({
        isDuplicate: true,
        firstOffset: i,
        logAppendTimeMs: NOW,
      });
    }
    expect(log.logEndOffset).to.equal(5);
    log.appendAsLeader(of(5), 0, 'client');
    expect(refused(log, of(0))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER'); // older than the last five
  });

  it('gaps are refused, but a producer unknown here may begin anywhere', () => {
    const log = new LogBench().open();
    expect(log.appendAsLeader(of(9), 0, 'client').firstOffset).to.equal(0);
    expect(refused(log, of(11))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(refused(log, of(10))).to.equal('was accepted');
  });

  it('sequence numbers go on with 0 after 2^31−1', () => {
    const log = new LogBench().open();
    log.appendAsLeader(of(0x7ffffffe, {}, ['a', 'b', 'c']), 0, 'client'); // …fe, …ff, 0
    expect(refused(log, of(1))).to.equal('was accepted');
    expect(log.appendAsLeader(of(0x7ffffffe, {}, ['a', 'b', 'c']), 0, 'client').isDuplicate).to.equal(true);
  });

  it('a new epoch begins with 0 and fences the old one', () => {
    const log = new LogBench().open();
    log.appendAsLeader(of(0), 0, 'client');
    expect(refused(log, of(1, { producerEpoch: 1 }))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(refused(log, of(0, { producerEpoch: 1 }))).to.equal('was accepted');
    expect(refused(log, of(1))).to.equal('INVALID_PRODUCER_EPOCH');
  });

  it('are remembered through a kill -9 and through an orderly end', async () => {
    const bench = new LogBench();
    let log = bench.open();
    log.appendAsLeader(of(0), 0, 'client');
    bench.kill();
    log = bench.open({ wasCleanShutdown: false });
    expect(log.appendAsLeader(of(0), 0, 'client').isDuplicate).to.equal(true);
    await log.close();
    log = bench.open();
    expect(log.appendAsLeader(of(0), 0, 'client').isDuplicate).to.equal(true);
    expect(refused(log, of(2))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER');
  });

  it('are forgotten a day after their last batch', async () => {
    const bench = new LogBench();
    const log = bench.open();
    log.appendAsLeader(of(0), 0, 'client');
    await bench.world.runFor(86_400_000);
    log.removeExpired();
    expect(refused(log, of(7))).to.equal('was accepted');
  });

  it('hold the last stable offset at their open transaction until its end is replicated', () => {
    const log = new LogBench().open();
    log.appendAsLeader(aBatch(['plain']), 0, 'client');
    log.appendAsLeader(of(0, { isTransactional: true }), 0, 'client');
    log.appendAsLeader(aBatch(['plain']), 0, 'client');
    log.updateHighWatermark(3);
    expect(log.lastStableOffset).to.equal(1);
    expect(refused(log, of(1))).to.equal('INVALID_TXN_STATE');
    const marker = { type: 'commit' as const, producerId: 9, producerEpoch: 0, coordinatorEpoch: 3, timestamp: NOW };
    log.appendAsLeader(buildEndTransactionMarker(marker), 0, 'coordinator');
    expect(log.lastStableOffset).to.equal(1);
    log.updateHighWatermark(4);
    expect(log.lastStableOffset).to.equal(4);
    const zombie = buildEndTransactionMarker({ ...marker, coordinatorEpoch: 2 });
    expect(() => log.appendAsLeader(zombie, 0, 'coordinator'))
      .to.throw()
      .with.property('error', 'TRANSACTION_COORDINATOR_FENCED');
  });
});

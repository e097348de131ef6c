import { expect } from 'chai';
import * as fs from 'node:fs';
import { compressionOf } from '../../../src/protocol/record/compression.js';
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  batchSizeOf,
  crcOf,
  isControl,
  isTransactional,
  lastOffsetOf,
  lastSequenceOf,
  leaderEpochOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  stampBatch,
} from '../../../src/protocol/record/record-batch.js';
import { readRecords } from '../../../src/protocol/record/record-reader.js';
import type { LogConfig } from '../../../src/storage/log.js';
import { aLogConfig, LogBench, readAll, smallSegments } from '../../support/log-fixtures.js';
import { readDump, type DumpedBatch, type DumpedHeader } from './dump.js';

const DATA = `${import.meta.dirname}/data`;

function describeBatch(bytes: Buffer): DumpedHeader {
  const attributes = attributesOf(bytes, 0);
  return {
    baseOffset: baseOffsetOf(bytes, 0),
    lastOffset: lastOffsetOf(bytes, 0),
    count: recordCountOf(bytes, 0),
    baseSequence: baseSequenceOf(bytes, 0),
    lastSequence: lastSequenceOf(bytes, 0),
    producerId: producerIdOf(bytes, 0),
    producerEpoch: producerEpochOf(bytes, 0),
    partitionLeaderEpoch: leaderEpochOf(bytes, 0),
    isTransactional: String(isTransactional(attributes)),
    isControl: String(isControl(attributes)),
    maxTimestamp: Number(maxTimestampOf(bytes, 0)),
    size: batchSizeOf(bytes, 0),
    compresscodec: compressionOf(attributes) ?? '',
    crc: crcOf(bytes, 0),
  };
}

describe('log folders written by Apache Kafka 3.9.1', () => {
  const cleanFolders = [
    'plain',
    'gzip',
    'snappy',
    'lz4',
    'zstd',
    'idem',
    'epochs',
    'logappend',
    'consumer-offsets',
    'empty',
    'txn',
    'compact-after',
  ];
  for (const name of cleanFolders) {
    it(`reads ${name}: every batch and record that DumpLogSegments shows`, async () => {
      const bench = new LogBench();
      bench.load(`${DATA}/${name}/partition`);
      const log = bench.open({ config: smallSegments });
      const batches = readAll(log);
      const dumped = readDump(`${DATA}/${name}/dump.txt`);
      expect(batches.map(describeBatch)).to.deep.equal(dumped.map((b) => b.header));
      for (const [i, batch] of batches.entries()) {
        const records = await readRecords(batch, 0, bench.platform.codecs);
        const shown = records.map((record) => ({
          offset: record.offset,
          timestamp: Number(record.timestamp),
          keySize: record.key?.length ?? -1,
          valueSize: record.value?.length ?? -1,
          sequence: record.sequence,
          headerKeys: record.headers.map((h) => h.key).join(','),
        }));
        expect(shown).to.deep.equal(dumped[i]!.records);
      }
      expect(log.logEndOffset).to.equal(endOf(name, dumped));
    });
  }

  it('reads in small steps what it reads in one', () => {
    const bench = new LogBench();
    bench.load(`${DATA}/plain/partition`);
    const log = bench.open({ config: smallSegments });
    expect(readAll(log, 1)).to.deep.equal(readAll(log));
  });

  const written: [string, LogConfig][] = [
    ['plain', smallSegments],
    ['gzip', smallSegments],
    ['snappy', smallSegments],
    ['lz4', smallSegments],
    ['zstd', smallSegments],
    ['idem', smallSegments],
  ];
  for (const [name, config] of written) {
    it(`writes ${name} anew: the same bytes in log, indexes, snapshots and epochs`, async () => {
      const source = new LogBench();
      source.load(`${DATA}/${name}/partition`);
      const batches = readAll(source.open({ config: smallSegments }));
      const bench = new LogBench();
      const log = bench.open({ config });
      log.assignTopicId(source.open({ config: smallSegments }).topicId!);
      log.assignEpochStart(0);
      for (const batch of batches) {
        stampBatch(batch, 0, 0, -1); // as a producer sends it
        log.appendAsLeader(batch, 0, 'client');
      }
      await bench.world.complete(log.flush());
      await log.close();
      const files = bench.files();
      for (const file of fs.readdirSync(`${DATA}/${name}/partition`)) {
        expect(files.get(file)?.toString('hex'), file).to.equal(
          fs.readFileSync(`${DATA}/${name}/partition/${file}`).toString('hex'),
        );
      }
      expect([...files.keys()]).to.deep.equal(fs.readdirSync(`${DATA}/${name}/partition`).sort());
    });
  }

  it('writes the transaction folder anew, with the index of aborted transactions', async () => {
    const source = new LogBench();
    source.load(`${DATA}/txn/partition`);
    const bench = new LogBench();
    const log = bench.open({ config: smallSegments });
    for (const batch of readAll(source.open({ config: smallSegments }))) log.appendAsFollower(batch);
    await log.close();
    const files = bench.files();
    for (const file of fs.readdirSync(`${DATA}/txn/partition`)) {
      if (file === 'partition.metadata') continue;
      expect(files.get(file)?.toString('hex'), file).to.equal(
        fs.readFileSync(`${DATA}/txn/partition/${file}`).toString('hex'),
      );
    }
  });

  it('finds the aborted transactions of a stretch, and rebuilds their index after a kill', () => {
    const bench = new LogBench();
    bench.load(`${DATA}/txn/partition`);
    const expected = bench.open({ config: smallSegments }).abortedTransactions(0, 50);
    expect(expected).to.have.length.greaterThan(3);
    for (const { name } of bench.disk.list('/data/t-0')) {
      if (name.endsWith('.txnindex')) bench.disk.remove(`/data/t-0/${name}`);
    }
    const log = bench.open({ config: smallSegments, wasCleanShutdown: false });
    expect(log.abortedTransactions(0, 50)).to.deep.equal(expected);
    const last = expected.at(-1)!;
    expect(log.abortedTransactions(last.firstOffset, 50)).to.deep.include(last);
    log.truncateTo(last.lastOffset);
    expect(log.abortedTransactions(0, 50)).to.deep.equal(expected.filter((t) => t.lastOffset < last.lastOffset));
  });

  it('cuts a torn tail as Kafka does, and rebuilds what belongs to it', () => {
    const bench = new LogBench();
    bench.load(`${DATA}/torn-tail-before/partition`);
    const log = bench.open({ config: smallSegments, wasCleanShutdown: false, recoveryPoint: 10 });
    expect(log.logEndOffset).to.equal(15);
    const files = bench.files();
    for (const file of fs.readdirSync(`${DATA}/torn-tail-after/partition`)) {
      expect(files.get(file)?.toString('hex'), file).to.equal(
        fs.readFileSync(`${DATA}/torn-tail-after/partition/${file}`).toString('hex'),
      );
    }
    expect([...files.keys()]).to.deep.equal(fs.readdirSync(`${DATA}/torn-tail-after/partition`).sort());
  });

  it('recovers a log that was killed, with its producers', () => {
    const bench = new LogBench();
    bench.load(`${DATA}/idem-killed/partition`);
    // Kafka's clock stood near the records' timestamps; else the producers would count as expired.
    const log = bench.open(
      { config: smallSegments, wasCleanShutdown: false, recoveryPoint: 30 },
      { producerIdExpirationMs: 1e13 },
    );
    expect(log.logEndOffset).to.equal(35);
    expect([...log.producers].map((p) => p.producerId)).to.deep.equal([0, 1, 2, 1000]);
    expect(readAll(log)).to.have.length(readDump(`${DATA}/idem-killed/dump.txt`).length);
  });

  it('recovers a running log whose indexes are still preallocated', () => {
    const bench = new LogBench();
    bench.load(`${DATA}/live-plain/partition`);
    const log = bench.open({ config: smallSegments, wasCleanShutdown: false });
    expect(log.logEndOffset).to.equal(52);
    expect(readAll(log).map(describeBatch)).to.deep.equal(readDump(`${DATA}/live-plain/dump.txt`).map((b) => b.header));
  });

  it('knows an open transaction', () => {
    const bench = new LogBench();
    bench.load(`${DATA}/txn-open/partition`);
    const log = bench.open({ config: smallSegments, wasCleanShutdown: false });
    log.updateHighWatermark(log.logEndOffset);
    expect(log.lastStableOffset).to.be.lessThan(log.highWatermark);
  });

  it('begins where records were deleted up to', () => {
    const bench = new LogBench();
    bench.load(`${DATA}/delrec/partition`);
    const log = bench.open({ config: smallSegments, logStartOffset: 33 });
    expect(log.logStartOffset).to.equal(33);
    expect(() => log.read(32, 100, 60, true))
      .to.throw()
      .with.property('error', 'OFFSET_OUT_OF_RANGE');
    expect(log.read(33, 100, 60, true).sizeInBytes).to.be.greaterThan(0);
    expect(log.epochForOffset(33)).to.equal(0);
  });

  it('follows what a leader wrote: equal files on the follower', async () => {
    const source = new LogBench();
    source.load(`${DATA}/replica-pair/c1-0/broker-1`);
    const bench = new LogBench();
    const log = bench.open({ config: aLogConfig() });
    for (const batch of readAll(source.open())) log.appendAsFollower(batch);
    await log.close();
    for (const file of [
      '00000000000000000000.log',
      '00000000000000000000.timeindex',
      '00000000000000000021.snapshot',
    ]) {
      expect(bench.files().get(file)?.toString('hex'), file).to.equal(
        fs.readFileSync(`${DATA}/replica-pair/c1-0/broker-1/${file}`).toString('hex'),
      );
    }
  });
});

function endOf(name: string, dumped: readonly DumpedBatch[]): number {
  return name === 'empty' ? 0 : dumped.at(-1)!.header.lastOffset + 1;
}

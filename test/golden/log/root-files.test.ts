import { expect } from 'chai';
import * as fs from 'node:fs';
import {
  LOG_START_OFFSET_FILE,
  readOffsetCheckpoint,
  RECOVERY_POINT_FILE,
  REPLICATION_OFFSET_FILE,
  writeOffsetCheckpoint,
} from '../../../src/storage/checkpoints.js';
import { brokerEpochOfShutdown, markCleanShutdown, wasCleanlyShutDown } from '../../../src/storage/clean-shutdown.js';
import { readMetaProperties, writeMetaProperties } from '../../../src/storage/meta-properties.js';
import { readPartitionMetadata, writePartitionMetadata } from '../../../src/storage/partition-metadata.js';
import { LogBench } from '../../support/log-fixtures.js';

const DATA = `${import.meta.dirname}/data`;

describe('files in the root of a log.dir of Apache Kafka 3.9.1', () => {
  for (const root of ['root-clean-shutdown', 'root-killed']) {
    for (const file of [RECOVERY_POINT_FILE, REPLICATION_OFFSET_FILE, LOG_START_OFFSET_FILE]) {
      it(`reads and writes ${root}/${file}`, async () => {
        const bench = new LogBench();
        bench.load(`${DATA}/${root}`, '/data');
        const offsets = readOffsetCheckpoint(bench.disk, '/data', file);
        bench.disk.mkdir('/copy');
        await bench.world.complete(writeOffsetCheckpoint(bench.disk, '/copy', file, offsets));
        expect(bench.disk.readFile(`/copy/${file}`).toString()).to.equal(
          fs.readFileSync(`${DATA}/${root}/${file}`, 'utf8'),
        );
      });
    }
  }

  it('reads an empty checkpoint as none, and refuses a malformed one', async () => {
    const bench = new LogBench();
    bench.load(`${DATA}/root-running`, '/data');
    expect(readOffsetCheckpoint(bench.disk, '/data', RECOVERY_POINT_FILE).size).to.equal(0);
    const file = bench.disk.open('/data/bad', 'write');
    file.append(Buffer.from('0\n2\norders 0 1\n'));
    expect(() => readOffsetCheckpoint(bench.disk, '/data', 'bad')).to.throw(/Expected 2 entries/);
    await Promise.resolve();
  });

  it('writes the mark of an orderly shutdown', async () => {
    const bench = new LogBench();
    bench.load(`${DATA}/root-clean-shutdown`, '/data');
    expect(wasCleanlyShutDown(bench.disk, '/data')).to.equal(true);
    expect(brokerEpochOfShutdown(bench.disk, '/data')).to.equal(-1);
    bench.disk.mkdir('/copy');
    await bench.world.complete(markCleanShutdown(bench.disk, '/copy'));
    expect(bench.disk.readFile('/copy/.kafka_cleanshutdown').toString()).to.equal(
      fs.readFileSync(`${DATA}/root-clean-shutdown/.kafka_cleanshutdown`, 'utf8'),
    );
  });

  it('reads and writes meta.properties, and keeps what it does not know', async () => {
    const bench = new LogBench();
    bench.load(`${DATA}/root-killed`, '/data');
    const found = readMetaProperties(bench.disk, '/data');
    expect(found?.brokerId).to.equal(1);
    expect(found?.clusterId).to.equal('fK5iDbuJQ-SbSJ2yi6Dpnw');
    await bench.world.complete(
      writeMetaProperties(bench.disk, '/data', 1, 'fK5iDbuJQ-SbSJ2yi6Dpnw', 'Sun Nov 22 04:20:36 UTC 2026'),
    );
    expect(bench.disk.readFile('/data/meta.properties').toString()).to.equal(
      fs.readFileSync(`${DATA}/root-killed/meta.properties`, 'utf8'),
    );
    const file = bench.disk.open('/data/meta.properties', 'write');
    file.append(Buffer.from('directory.id=qGTV6RQGQJ2bqJ3c2rX8ag\nsome.key=a b\n'));
    file.close();
    await bench.world.complete(writeMetaProperties(bench.disk, '/data', 1, 'x', 'now'));
    const kept = readMetaProperties(bench.disk, '/data');
    expect(kept?.directoryId).to.equal('qGTV6RQGQJ2bqJ3c2rX8ag');
    expect(kept?.all.get('some.key')).to.equal('a b');
  });

  it('reads and writes partition.metadata', () => {
    const bench = new LogBench();
    bench.load(`${DATA}/plain/partition`);
    const topicId = readPartitionMetadata(bench.disk, '/data/t-0');
    expect(topicId).to.equal('HqRBm5BASByxxgoLBVNj6A');
    bench.disk.mkdir('/copy');
    writePartitionMetadata(bench.disk, '/copy', topicId!);
    expect(bench.disk.readFile('/copy/partition.metadata')).to.deep.equal(
      fs.readFileSync(`${DATA}/plain/partition/partition.metadata`),
    );
    expect(readPartitionMetadata(bench.disk, '/data')).to.equal(undefined);
  });
});

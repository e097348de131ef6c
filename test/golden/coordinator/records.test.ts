import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { GroupLoader } from '../../../src/coordinator/group/group-loader.js';
import {
  groupBatch,
  offsetCommitBatch,
  readGroupRecord,
  tombstoneBatch,
} from '../../../src/coordinator/group/group-records.js';
import type { Codecs } from '../../../src/platform/codecs.js';
import { silentLogger } from '../../../src/platform/logger.js';
import {
  attributesOf,
  baseOffsetOf,
  isTransactional,
  leaderEpochOf,
  stampBatch,
} from '../../../src/protocol/record/record-batch.js';
import { batchesIn, recordsOf } from '../../../src/protocol/record/record-reader.js';

/** A partition of `__consumer_offsets` as a 3.9.1 broker wrote it. */
const log = readFileSync(new URL('./consumer-offsets.log', import.meta.url));
const noCodecs = {} as Codecs; // nothing in it is compressed
const batches = [...batchesIn(log)].map(({ at, end }) => log.subarray(at, end));

async function load(bytes: Buffer) {
  const loader = new GroupLoader(noCodecs, silentLogger, () => 0);
  await loader.replay(bytes);
  return loader.loaded();
}

describe('records of __consumer_offsets written by 3.9.1', () => {
  it('are written again with the same bytes', async () => {
    let written = 0;
    for (const golden of batches) {
      if (isTransactional(attributesOf(golden, 0))) continue; // a transaction's are its producer's
      const ours = await rewrite(golden);
      stampBatch(ours, 0, baseOffsetOf(golden, 0), leaderEpochOf(golden, 0));
      expect(ours.toString('hex')).to.equal(golden.toString('hex'));
      written++;
    }
    expect(written).to.equal(10);
  });

  it('load as what they meant to the broker', async () => {
    const groups = await load(log);
    expect([...groups.keys()]).to.deep.equal(['gA', 'gB', 'gS', 'gT']);
    expect(groups.get('gA')).to.include({ state: 'Empty', generationId: 2, protocolType: 'consumer' });
    expect([...groups.get('gA')!.offsets.committed()].map((o) => [o.partition, o.offset])).to.deep.equal([
      [1, 0],
      [0, 10],
      [2, 0],
    ]);
    expect([...groups.get('gB')!.offsets.committed()].map((o) => [o.partition, o.offset, o.metadata])).to.deep.equal([
      [0, 3, 'meta-b'],
    ]);
    const gS = groups.get('gS')!;
    expect(gS).to.include({ state: 'Stable', generationId: 1, protocolName: 'range' });
    expect([...gS.members]).to.have.lengthOf(1);
    expect(gS.memberIdOf('inst-1')).to.equal(gS.leaderId);
    expect([...gS.subscribedTopics!]).to.deep.equal(['grpt']);
    expect(groups.get('gT')!.offsets.get('grpt', 0)).to.include({ offset: 2 }); // 5 was aborted
  });
});

async function rewrite(golden: Buffer): Promise<Buffer> {
  const read = recordsOf(golden).map(({ key, value, timestamp }) => ({
    record: readGroupRecord(key!, value)!,
    timestamp: Number(timestamp),
  }));
  const { record, timestamp } = read[0]!;
  const { groupId } = record;
  switch (record.kind) {
    case 'offset':
      return offsetCommitBatch(
        groupId,
        read.flatMap((own) => (own.record.kind === 'offset' ? own.record.offset : [])),
        timestamp,
      );
    case 'offset-tombstone':
      return tombstoneBatch(groupId, [record], false, timestamp);
    case 'group-tombstone':
      return tombstoneBatch(groupId, [], true, timestamp);
    case 'group': {
      const group = (await load(golden)).get(groupId)!;
      return groupBatch(group, new Map([...group.members].map((m) => [m.memberId, m.assignment])), timestamp);
    }
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  decodeBroker,
  decodeClusterId,
  decodeController,
  decodeControllerEpoch,
  decodeProducerIdBlock,
  encodeBroker,
  encodeClusterId,
  encodeController,
  encodeControllerEpoch,
  encodeProducerIdBlock,
  INITIAL_FEATURES,
} from '../../../src/zookeeper/znodes/cluster-znodes.js';
import {
  decodeConfig,
  decodeConfigChange,
  encodeConfig,
  encodeConfigChange,
} from '../../../src/zookeeper/znodes/config-znodes.js';
import {
  decodeLogDirEvent,
  decodePartitionList,
  decodePartitionState,
  decodeTopic,
  encodeLogDirEvent,
  encodePartitionList,
  encodePartitionState,
  encodeTopic,
} from '../../../src/zookeeper/znodes/topic-znodes.js';

interface TreeNode {
  readonly path: string;
  readonly data: string | null;
  readonly version: number;
}

/** Reads a znode and writes it again, by its path; undefined: a parent or a path of a later issue. */
const REWRITE: readonly [RegExp, (data: Buffer, match: RegExpExecArray) => Buffer | undefined][] = [
  [/^\/brokers\/ids\/(\d+)$/, (data, [, id]) => encodeBroker(decodeBroker(Number(id), data))],
  [
    /^\/brokers\/topics\/[^/]+\/partitions\/\d+\/state$/,
    (data) => encodePartitionState(decodePartitionState(data, 0)!),
  ],
  [/^\/brokers\/topics\/([^/]+)$/, (data) => encodeTopic(decodeTopic(data))],
  [/^\/cluster\/id$/, (data) => encodeClusterId(decodeClusterId(data))],
  [/^\/controller$/, (data) => encodeController(decodeController(data))],
  [/^\/controller_epoch$/, (data) => encodeControllerEpoch(decodeControllerEpoch(data))],
  [/^\/latest_producer_id_block$/, (data) => encodeProducerIdBlock(decodeProducerIdBlock(data)!)],
  [/^\/config\/changes\//, (data) => encodeConfigChange(decodeConfigChange(data)!)],
  [/^\/config\/(topics|brokers|clients|ips)\//, (data) => encodeConfig(decodeConfig(data))],
  [/^\/config\/users\//, (data) => encodeConfig(decodeConfig(data))],
  [/^\/isr_change_notification\//, (data) => encodePartitionList(decodePartitionList(data))],
  [/^\/log_dir_event_notification\//, (data) => encodeLogDirEvent(decodeLogDirEvent(data)!)],
];

describe('znodes of a real Kafka 3.9 cluster', () => {
  const folder = new URL('.', import.meta.url);
  const trees = readdirSync(folder).filter((name) => name.endsWith('.tree.json'));
  for (const name of trees) {
    it(`${name} is written back to the byte`, () => {
      const { tree } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { tree: TreeNode[] };
      let rewritten = 0;
      for (const { path, data } of tree) {
        const rule = REWRITE.find(([pattern]) => pattern.test(path));
        if (rule === undefined || data === null || data === '') continue;
        const again = rule[1](Buffer.from(data, 'utf8'), rule[0].exec(path)!);
        expect(again?.toString('utf8'), path).to.equal(data);
        rewritten++;
      }
      expect(rewritten).to.be.greaterThan(1);
    });
  }

  it('keeps every znode of the trees in a rule, parents and later issues apart', () => {
    const known = /^\/(kafka\/prod|consumers|admin|kafka-acl|delegation_token|feature$)/;
    for (const name of trees) {
      const { tree } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { tree: TreeNode[] };
      const unknown = tree.filter(
        ({ path, data }) =>
          data !== null && data !== '' && !known.test(path) && !REWRITE.some(([pattern]) => pattern.test(path)),
      );
      expect(unknown.map(({ path }) => path)).to.deep.equal([]);
    }
  });

  it('makes the same /feature', () => {
    expect(INITIAL_FEATURES.toString('utf8')).to.equal('{"features":{},"version":2,"status":1}');
  });
});

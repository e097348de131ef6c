import { expect } from 'chai';
import fc from 'fast-check';
import { placeReplicas, type UsableBroker } from '../../../src/controller/replica-placement.js';
import type { Random } from '../../../src/platform/random.js';

const fixed: Random = { int: () => 0, float: () => 0, bytes: (count) => Buffer.alloc(count) };

function dice(...rolls: number[]): Random {
  return { ...fixed, int: (bound) => (rolls.shift() ?? 0) % bound };
}

function brokers(racks: Record<number, string | null>): UsableBroker[] {
  return Object.entries(racks).map(([id, rack]) => ({ id: Number(id), rack }));
}

const five = brokers({ 0: null, 1: null, 2: null, 3: null, 4: null });
const sixOnThreeRacks = brokers({ 0: 'rack1', 1: 'rack3', 2: 'rack3', 3: 'rack2', 4: 'rack2', 5: 'rack1' });

describe('replica placement', () => {
  it('goes round the brokers, and shifts the followers each round', () => {
    const placed = placeReplicas(five, { partitionCount: 10, replicationFactor: 3, fixedStartIndex: 0 }, fixed);
    expect([...placed.values()]).to.deep.equal([
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 0],
      [4, 0, 1],
      [0, 2, 3],
      [1, 3, 4],
      [2, 4, 0],
      [3, 0, 1],
      [4, 1, 2],
    ]);
  });

  it('begins where the dice say: first the leader, then the shift', () => {
    const placed = placeReplicas(five, { partitionCount: 2, replicationFactor: 2 }, dice(3, 2));
    expect([...placed.values()]).to.deep.equal([
      [3, 1],
      [4, 2],
    ]);
  });

  it('goes on where a growing topic ends', () => {
    const three = brokers({ 1: null, 2: null, 3: null });
    const options = { partitionCount: 2, replicationFactor: 2, fixedStartIndex: 0, startPartition: 3 };
    expect([...placeReplicas(three, options, fixed)]).to.deep.equal([
      [3, [1, 3]],
      [4, [2, 1]],
    ]);
  });

  it('takes the racks in turn', () => {
    const options = { partitionCount: 7, replicationFactor: 3, fixedStartIndex: 0 };
    expect([...placeReplicas(sixOnThreeRacks, options, fixed).values()]).to.deep.equal([
      [0, 3, 1],
      [3, 1, 5],
      [1, 5, 4],
      [5, 4, 2],
      [4, 2, 0],
      [2, 0, 3],
      [0, 4, 2],
    ]);
  });

  it('spreads every partition over as many racks as there are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(100),
        fc.nat(100),
        (racks, factor, partitionCount, leader, shift) => {
          const list = racks.map((rack, id) => ({ id, rack }));
          const replicationFactor = Math.min(factor, list.length);
          const placed = placeReplicas(list, { partitionCount, replicationFactor }, dice(leader, shift));
          expect(placed.size).to.equal(partitionCount);
          const rackCount = new Set(racks).size;
          for (const replicas of placed.values()) {
            expect(new Set(replicas).size).to.equal(replicationFactor);
            const used = new Set(replicas.map((id) => racks[id]));
            expect(used.size).to.equal(Math.min(rackCount, replicationFactor));
          }
          const counts = list.map(({ id }) => [...placed.values()].filter(([first]) => first === id).length);
          expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1);
        },
      ),
    );
  });

  const refusals: [string, UsableBroker[], number, number, string, string][] = [
    ['no partitions', five, 0, 1, 'INVALID_PARTITIONS', 'Number of partitions must be larger than 0.'],
    ['no replicas', five, 1, 0, 'INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0.'],
    [
      'more replicas than brokers',
      five,
      1,
      9,
      'INVALID_REPLICATION_FACTOR',
      'Replication factor: 9 larger than available brokers: 5.',
    ],
    [
      'racks on some brokers only',
      brokers({ 1: 'a', 2: null }),
      1,
      1,
      'UNKNOWN_SERVER_ERROR',
      'Not all brokers have rack information for replica rack aware assignment.',
    ],
  ];
  for (const [what, list, partitionCount, replicationFactor, error, message] of refusals) {
    it(`refuses ${what}`, () => {
      expect(() => placeReplicas(list, { partitionCount, replicationFactor }, fixed))
        .to.throw(message)
        .with.property('error', error);
    });
  }
});

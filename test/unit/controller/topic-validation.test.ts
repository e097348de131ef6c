import { expect } from 'chai';
import {
  validateAddedAssignment,
  validateNewAssignment,
  validateNoCollision,
  validateTopicName,
} from '../../../src/controller/topic-validation.js';

describe('topic validation', () => {
  // messages as a real Kafka 3.9.1 answered them
  const names: [string, string][] = [
    ['', 'Topic name is invalid: the empty string is not allowed'],
    ['.', "Topic name is invalid: '.' is not allowed"],
    ['..', "Topic name is invalid: '..' is not allowed"],
    [
      'é',
      "Topic name is invalid: 'é' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ],
    ['a\u0000b', "contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"],
    ['x'.repeat(250), 'is longer than the max allowed length 249'],
  ];
  for (const [name, message] of names) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 5))}`, () => {
      expect(() => {
        validateTopicName(name);
      })
        .to.throw(message)
        .with.property('error', 'INVALID_TOPIC_EXCEPTION');
    });
  }

  it('takes any legal name', () => {
    for (const name of ['__ok', 'a.b_c-D', 'x'.repeat(249)]) validateTopicName(name);
  });

  it('refuses names whose metrics would be the same', () => {
    expect(() => {
      validateNoCollision('e_a', ['e.a', 'f']);
    }).to.throw("Topic 'e_a' collides with existing topics: e.a");
    validateNoCollision('e_a', ['e_a', 'ea']);
  });

  const assignments: [Record<number, number[]>, string | undefined][] = [
    [{ 0: [1, 2], 1: [2, 1] }, undefined],
    [{ 0: [77] }, undefined],
    [{ 0: [] }, undefined],
    [{ 0: [1, 1] }, 'Duplicate replica assignment found: HashMap(0 -> ArrayBuffer(1, 1))'],
    [{ 0: [1], 2: [1] }, 'partitions should be a consecutive 0-based integer sequence'],
    [{ 0: [1], 1: [1, 2] }, 'All partitions should have the same number of replicas'],
  ];
  for (const [lists, message] of assignments) {
    it(`of a new topic: ${JSON.stringify(lists)} → ${message ?? 'fine'}`, () => {
      const assignment = new Map(Object.entries(lists).map(([partition, replicas]) => [Number(partition), replicas]));
      const check = (): void => {
        validateNewAssignment(assignment);
      };
      if (message === undefined) check();
      else expect(check).to.throw(message).with.property('error', 'INVALID_REPLICA_ASSIGNMENT');
    });
  }

  it('of added partitions: replica count as partition 0, known brokers, none twice', () => {
    const check = (replicas: number[]) => (): void => {
      validateAddedAssignment(new Map([[1, replicas]]), 1, [1, 2]);
    };
    check([2])();
    expect(check([1, 2])).to.throw(
      'Inconsistent replication factor between partitions, partition 0 has 1 while partitions [1] have replication factors [2], respectively.',
    );
    expect(check([])).to.throw('Cannot have replication factor of 0 for partition id 1.');
    expect(check([1, 1])).to.throw('Duplicate brokers not allowed in replica assignment: 1, 1 for partition id 1.');
    expect(check([3])).to.throw('Some brokers specified for partition id 1 are not available.');
  });
});

import { expect } from 'chai';
import { planOutOfRange, truncationOffset } from '../../../src/replication/truncation.js';

describe('where a follower cuts its log', () => {
  const table: {
    name: string;
    leader: [epoch: number, end: number];
    ours: [epoch: number, end: number];
    logEnd: number;
    expected: number;
  }[] = [
    { name: 'the leader’s epoch ends first', leader: [3, 10], ours: [3, 14], logEnd: 14, expected: 10 },
    {
      name: 'its own epoch ends first: what follows is of an epoch the leader never had',
      leader: [3, 20],
      ours: [3, 12],
      logEnd: 15,
      expected: 12,
    },
    {
      name: 'it does not know the leader’s epoch: the end of the one before, then asks again',
      leader: [3, 10],
      ours: [2, 7],
      logEnd: 14,
      expected: 7,
    },
    { name: '… though the leader’s end of it lies lower', leader: [3, 5], ours: [2, 7], logEnd: 14, expected: 7 },
    { name: 'it knows no epoch: the leader’s end', leader: [3, 10], ours: [-1, -1], logEnd: 14, expected: 10 },
    { name: 'it knows no epoch and ends before', leader: [3, 10], ours: [-1, -1], logEnd: 6, expected: 6 },
    { name: 'the leader knows no end: where it was fetching', leader: [-1, -1], ours: [2, 7], logEnd: 14, expected: 9 },
  ];
  for (const { name, leader, ours, logEnd, expected } of table) {
    it(name, () => {
      const [leaderEnd, ourEnd] = [leader, ours].map(([epoch, endOffset]) => ({ epoch: epoch, endOffset: endOffset }));
      expect(truncationOffset(leaderEnd!, ourEnd!, logEnd, 9)).to.equal(expected);
    });
  }
});

describe('an offset that is out of range', () => {
  const table: { name: string; end: number; start: number | undefined; logEnd: number; expected: unknown }[] = [
    {
      name: 'leader’s log ends first: cut',
      end: 5,
      start: undefined,
      logEnd: 8,
      expected: { kind: 'truncate', offset: 5 },
    },
    { name: 'else the start decides', end: 9, start: undefined, logEnd: 8, expected: { kind: 'ask-start' } },
    {
      name: 'leader’s log begins after the end: anew from there',
      end: 30,
      start: 20,
      logEnd: 8,
      expected: { kind: 'start-anew', offset: 20 },
    },
    { name: 'leader has grown meanwhile: go on', end: 9, start: 8, logEnd: 8, expected: { kind: 'go-on', offset: 8 } },
  ];
  for (const { name, end, start, logEnd, expected } of table) {
    it(name, () => {
      expect(planOutOfRange(end, start, logEnd)).to.deep.equal(expected);
    });
  }
});

import { expect } from 'chai';
import '../support/fail-on-unhandled.js';
import {
  crashZooKeeper,
  cutOffBroker,
  cutOneWay,
  isolateLeader,
  killController,
  killControllerAndZooKeeper,
  killLeader,
  killZooKeeper,
  type Misfortune,
  pauseBroker,
  pauseZooKeeper,
} from './nemesis/nemesis.js';
import { playStorm, playStory } from './story.js';

const STORIES: readonly { readonly name: string; readonly misfortune: Misfortune; readonly seeds: number }[] = [
  { name: 'the leader dies', misfortune: killLeader('orders'), seeds: 5 },
  { name: 'the controller dies', misfortune: killController, seeds: 5 },
  { name: 'ZooKeeper is restarted', misfortune: killZooKeeper, seeds: 5 },
  { name: 'the controller and ZooKeeper die', misfortune: killControllerAndZooKeeper, seeds: 5 },
  { name: 'ZooKeeper loses power', misfortune: crashZooKeeper, seeds: 2 },
  { name: 'a broker stands still', misfortune: pauseBroker, seeds: 2 },
  { name: 'ZooKeeper stands still', misfortune: pauseZooKeeper, seeds: 2 },
  { name: 'only clients reach the leader', misfortune: isolateLeader('orders'), seeds: 5 },
  { name: 'a broker is cut off', misfortune: cutOffBroker, seeds: 2 },
  { name: 'a wire carries one way only', misfortune: cutOneWay, seeds: 2 },
];

const STRIKES_OF_A_STORM = 8;
/** `SIM_SEEDS=500` sweeps through more of them, from `SIM_FIRST` on. */
const STORMS = Number(process.env['SIM_SEEDS'] ?? 4);
const FIRST_STORM = Number(process.env['SIM_FIRST'] ?? 1);

describe('a simulated cluster of three', function () {
  this.timeout(60_000);

  for (const { name, misfortune, seeds } of STORIES) {
    it(`loses nothing and repeats itself when ${name}`, async () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const first = await playStory(seed, [misfortune]);
        const second = await playStory(seed, [misfortune]);
        expect(second).deep.equal(first);
      }
    });
  }

  it('has a ZooKeeper that starts when a kill came before the flush, and then the power failed', async () => {
    for (const seed of [4, 26]) await playStory(seed, [killZooKeeper, crashZooKeeper]);
  });

  for (let seed = FIRST_STORM; seed < FIRST_STORM + STORMS; seed++) {
    it(`loses nothing in a storm of misfortunes, seed ${seed}`, async () => {
      await playStorm(seed, STRIKES_OF_A_STORM);
    });
  }
});

import { expect } from 'chai';
import '../support/fail-on-unhandled.js';
import {
  crashZooKeeper,
  cutOffBroker,
  cutOneWay,
  killController,
  killControllerAndZooKeeper,
  killLeader,
  killZooKeeper,
  type Misfortune,
  pauseBroker,
  pauseZooKeeper,
} from './nemesis/nemesis.js';
import { playStorm, playStory } from './story.js';

const STORIES: Readonly<Record<string, Misfortune>> = {
  'the leader dies': killLeader('orders'),
  'the controller dies': killController,
  'ZooKeeper is restarted': killZooKeeper,
  'the controller and ZooKeeper die': killControllerAndZooKeeper,
  'ZooKeeper loses power': crashZooKeeper,
  'a broker stands still': pauseBroker,
  'ZooKeeper stands still': pauseZooKeeper,
  'a broker is cut off': cutOffBroker,
  'a wire carries one way only': cutOneWay,
};

const SEEDS_OF_A_STORY = 2;
const STRIKES_OF_A_STORM = 8;
/** `SIM_SEEDS=500` sweeps through more of them, from `SIM_FIRST` on. */
const STORMS = Number(process.env['SIM_SEEDS'] ?? 4);
const FIRST_STORM = Number(process.env['SIM_FIRST'] ?? 1);

describe('a simulated cluster of three', function () {
  this.timeout(60_000);

  for (const [name, misfortune] of Object.entries(STORIES)) {
    it(`loses nothing and repeats itself when ${name}`, async () => {
      for (let seed = 1; seed <= SEEDS_OF_A_STORY; seed++) {
        const first = await playStory(seed, [misfortune]);
        const second = await playStory(seed, [misfortune]);
        expect(second).deep.equal(first);
      }
    });
  }

  for (let seed = FIRST_STORM; seed < FIRST_STORM + STORMS; seed++) {
    it(`loses nothing in a storm of misfortunes, seed ${seed}`, async () => {
      await playStorm(seed, STRIKES_OF_A_STORM);
    });
  }
});

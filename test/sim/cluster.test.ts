import { expect } from 'chai';
import '../support/fail-on-unhandled.js';
import {
  crashZooKeeper,
  cutOffBroker,
  cutOneWay,
  killAnyBroker,
  killController,
  killControllerAndZooKeeper,
  killLeader,
  killZooKeeper,
  type Misfortune,
  pauseBroker,
} from './nemesis/nemesis.js';
import { SeededRandom } from '../../src/platform/sim/random.js';
import { playStory } from './story.js';

const STORIES: Readonly<Record<string, Misfortune>> = {
  'the leader dies': killLeader('orders'),
  'the controller dies': killController,
  'ZooKeeper is restarted': killZooKeeper,
  'the controller and ZooKeeper die': killControllerAndZooKeeper,
  'ZooKeeper loses power': crashZooKeeper,
  'a broker stands still': pauseBroker,
  'a broker is cut off': cutOffBroker,
  'a wire carries one way only': cutOneWay,
};

const SEEDS_OF_A_STORY = 2;
const STRIKES_OF_A_MIX = 5;
/** `SIM_SEEDS=500` sweeps through more of them, from `SIM_FIRST` on. */
const SEEDS_OF_THE_MIX = Number(process.env['SIM_SEEDS'] ?? 3);
const FIRST_SEED = Number(process.env['SIM_FIRST'] ?? 1);

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

  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS_OF_THE_MIX; seed++) {
    it(`loses nothing in a series of misfortunes, seed ${seed}`, async () => {
      const random = new SeededRandom(`${seed}/story`);
      const all = [...Object.values(STORIES), killAnyBroker];
      const series = Array.from({ length: STRIKES_OF_A_MIX }, () => all[random.int(all.length)]!);
      await playStory(seed, series);
    });
  }
});

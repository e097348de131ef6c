import { expect } from 'chai';
import { delay, type Time } from '../../src/platform/time.js';
import { worlds, type WorldUnderTest } from './world-under-test.js';

for (const open of worlds) {
  describe(`Time contract (${open.name})`, () => {
    let world: WorldUnderTest;
    let time: Time;

    beforeEach(() => {
      world = open();
      ({ time } = world.platform);
    });
    afterEach(() => world.close());

    it('tells a wall clock in whole ms and a clock that only goes on', async () => {
      const wall = time.wallMs();
      const now = time.nowMs();
      expect(wall % 1).to.equal(0);
      expect(wall).to.be.greaterThan(Date.UTC(2024, 0, 1) - 1);
      await world.complete(delay(time, 20));
      expect(time.nowMs() - now).to.be.within(20, 2000);
      expect(time.wallMs() - wall).to.be.within(15, 2000);
    });

    it('never runs a task early, nor inside the call that planned it', async () => {
      for (const delayMs of [0, 0.4, 1, 7, 15.5]) {
        const start = time.nowMs();
        let isInside = true;
        const ran = new Promise<number>((resolve, reject) => {
          time.schedule(delayMs, () => {
            if (isInside) reject(new Error('inside'));
            else resolve(time.nowMs() - start);
          });
        });
        isInside = false;
        expect(await world.complete(ran)).to.be.at.least(delayMs);
      }
    });

    it('runs tasks in the order of their times, once each', async () => {
      const ran: string[] = [];
      time.schedule(30, () => ran.push('late'));
      time.schedule(0, () => ran.push('at once'));
      time.schedule(10, () => ran.push('soon'));
      await world.complete(delay(time, 60));
      expect(ran).to.deep.equal(['at once', 'soon', 'late']);
    });

    it('takes tasks back, before and after they ran', async () => {
      const ran: string[] = [];
      const never = [0, 10].map((delayMs) => time.schedule(delayMs, () => ran.push('never')));
      const once = time.schedule(1, () => ran.push('once'));
      for (const cancel of never) cancel();
      await world.complete(delay(time, 30));
      for (const cancel of [...never, once]) cancel();
      expect(ran).to.deep.equal(['once']);
    });

    it('does not take a very long delay for none', async () => {
      let hasRun = false;
      const cancel = time.schedule(2 ** 40, () => (hasRun = true));
      await world.complete(delay(time, 10));
      cancel();
      expect(hasRun).to.equal(false);
    });
  });
}

import { expect } from 'chai';
import { World } from '../../../../src/platform/sim/world.js';
import { Liveness } from '../../../../zk/client/liveness.js';

function watched() {
  const world = new World({ seed: 1 });
  const { time } = world.host('broker').platform;
  const told: string[] = [];
  const liveness = new Liveness(time, 6000, {
    ping: () => told.push(`ping at ${Math.round(time.nowMs())}`),
    onSilence: (silentMs) => told.push(`silence of ${Math.round(silentMs)} at ${Math.round(time.nowMs())}`),
  });
  return { world, time, told, liveness };
}

describe('Liveness', () => {
  it('pings a third after the last send and gives up two thirds after the last byte', async () => {
    const { world, told } = watched();
    await world.runFor(10_000);
    expect(told).to.deep.equal(['ping at 2000', 'silence of 4000 at 4000']);
  });

  it('does not ping while requests go out, but notices that nothing comes back', async () => {
    const { world, time, told, liveness } = watched();
    const send = (): void => {
      liveness.sent();
      if (time.nowMs() < 3500) time.schedule(500, send);
    };
    send();
    await world.runFor(10_000);
    expect(told).to.deep.equal(['silence of 4000 at 4000']);
  });

  it('goes on pinging while only the server talks', async () => {
    const { world, time, told, liveness } = watched();
    const receive = (): void => {
      liveness.received();
      if (time.nowMs() < 7500) time.schedule(500, receive);
    };
    receive();
    await world.runFor(9000);
    expect(told).to.deep.equal(['ping at 2000', 'ping at 4000', 'ping at 6000', 'ping at 8000']);
    liveness.stop();
  });

  it('is silent once stopped', async () => {
    const { world, told, liveness } = watched();
    liveness.stop();
    await world.runFor(10_000);
    expect(told).to.deep.equal([]);
  });

  it('reads what waits before it judges, after a stall of its own loop', async () => {
    const { world, time, told, liveness } = watched();
    world.host('broker').pause(5000);
    await world.runFor(4999);
    expect(told).to.deep.equal([]);
    time.schedule(20, () => liveness.received());
    await world.runFor(1000);
    expect(told).to.deep.equal(['ping at 5000']);
    liveness.stop();
  });
});

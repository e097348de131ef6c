import type { SocketAddress } from '../../src/platform/network.js';
import type { Random } from '../../src/platform/random.js';

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1000;

/**
 * Which server to try next, and after how long: the servers in a random order; at once until each was tried since the
 * last success, then after a random time whose bound doubles with each round, so that a herd of clients spreads out.
 * Source: org.apache.zookeeper.client.StaticHostProvider, 3.8 (Differs: it waits up to 1 s from the first round on)
 */
export class ServerRotation {
  private readonly servers: readonly SocketAddress[];
  private readonly random: Random;
  private at = 0;
  private attempts = 0;

  constructor(servers: readonly SocketAddress[], random: Random) {
    this.servers = shuffled(servers, random);
    this.random = random;
  }

  get count(): number {
    return this.servers.length;
  }

  next(): { readonly server: SocketAddress; readonly delayMs: number } {
    const server = this.servers[this.at % this.servers.length] as SocketAddress;
    const round = Math.floor(this.attempts / this.servers.length);
    this.at = (this.at + 1) % this.servers.length;
    this.attempts++;
    const bound = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(round - 1, 10));
    return { server, delayMs: round === 0 ? 0 : this.random.float() * bound };
  }

  /** A session stood on the server tried last. */
  succeeded(): void {
    this.attempts = 0;
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}

import type { Network } from '../../src/platform/network.js';
import { SeededRandom } from '../../src/platform/sim/random.js';
import { decode, type JuteType } from '../../zk/jute/jute.js';
import * as m from '../../zk/jute/messages.js';
import { multiRequest, multiResponse, type MultiOperation } from '../../zk/jute/multi.js';
import { OP } from '../../zk/jute/op-codes.js';
import { OPEN, RawZkClient, type RawReply } from './raw-zk-client.js';

const CLIENTS = 3;
const NAMES = ['a', 'b', 'a/x', 'a/y', 'b/x', 'a/x/z', 's-', 'a/s-'];

/** One request, and how its answer is read. */
interface Choice {
  readonly what: string;
  readonly record: unknown;
  readonly send: (client: RawZkClient) => Promise<RawReply>;
  readonly answer: JuteType<unknown> | undefined;
}

function choice<Q, R>(what: string, type: number, request: JuteType<Q>, record: Q, answer?: JuteType<R>): Choice {
  return { what, record, send: (client) => client.send(type, request, record), answer };
}

/**
 * Plays one random run of several sessions against one server, each request after the answer to the one before, and returns
 * what was seen. Two servers that are given the same seed must show the same: zxids are counted from the run's first, times
 * and session ids are taken out, lists of children are sorted (their order is nobody's promise).
 */
export async function playRandom(network: Network, port: number, seed: string, steps: number): Promise<string[]> {
  const random = new SeededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[random.int(from.length)]!;
  const clients: RawZkClient[] = [];
  for (let i = 0; i < CLIENTS; i++) clients.push(await RawZkClient.connect(network, port, { timeoutMs: 30_000 }));
  const root = `/random-${seed}`;
  const baseZxid = (await clients[0]!.create(root)).zxid;
  const seen: string[] = [];
  const sessionName = new Map(clients.map((client, i) => [client.session!.sessionId, `session ${i}`]));
  const path = (): string => `${root}/${pick(NAMES)}${random.chance(0.15) ? '0000000000' : ''}`;
  const version = (): number => pick([-1, -1, 0, 1, 2]);
  const data = (): Buffer | null => pick([null, Buffer.alloc(0), Buffer.from('x'), Buffer.from('yy')]);
  const create = () => ({ path: path(), data: data(), acl: OPEN, flags: pick([0, 0, 0, 1, 2, 3]) });
  const operation = (): MultiOperation => {
    switch (random.int(5)) {
      case 0:
        return { type: OP.create, request: create() };
      case 1:
        return { type: OP.create2, request: create() };
      case 2:
        return { type: OP.setData, request: { path: path(), data: data(), version: version() } };
      case 3:
        return { type: OP.delete, request: { path: path(), version: version() } };
      default:
        return { type: OP.check, request: { path: path(), version: version() } };
    }
  };
  const choices: (() => Choice)[] = [
    () => choice('create', OP.create, m.createRequest, create(), m.pathResponse),
    () => choice('create', OP.create, m.createRequest, create(), m.pathResponse),
    () => choice('create2', OP.create2, m.createRequest, create(), m.create2Response),
    () => choice('delete', OP.delete, m.deleteRequest, { path: path(), version: version() }),
    () => choice('delete', OP.delete, m.deleteRequest, { path: path(), version: -1 }),
    () =>
      choice(
        'setData',
        OP.setData,
        m.setDataRequest,
        { path: path(), data: data(), version: version() },
        m.statResponse,
      ),
    () =>
      choice(
        'getData',
        OP.getData,
        m.watchedPathRequest,
        { path: path(), watch: random.chance(0.5) },
        m.getDataResponse,
      ),
    () =>
      choice('exists', OP.exists, m.watchedPathRequest, { path: path(), watch: random.chance(0.5) }, m.statResponse),
    () =>
      choice(
        'children',
        OP.getChildren2,
        m.watchedPathRequest,
        { path: path(), watch: random.chance(0.5) },
        m.getChildren2Response,
      ),
    () =>
      choice(
        'children',
        OP.getChildren2,
        m.watchedPathRequest,
        { path: root, watch: random.chance(0.5) },
        m.getChildren2Response,
      ),
    () => choice('multi', OP.multi, multiRequest, Array.from({ length: 1 + random.int(5) }, operation), multiResponse),
    () => choice('addWatch', OP.addWatch, m.addWatchRequest, { path: path(), mode: random.int(2) }, m.errorResponse),
    () => choice('removeWatches', OP.removeWatches, m.watcherTypeRequest, { path: path(), type: 1 + random.int(3) }),
    () => choice('checkWatches', OP.checkWatches, m.watcherTypeRequest, { path: path(), type: 1 + random.int(3) }),
    () => choice('ephemerals', OP.getEphemerals, m.nullablePathRequest, { path: root }, m.getEphemeralsResponse),
    () => choice('count', OP.getAllChildrenNumber, m.pathRequest, { path: path() }, m.getAllChildrenNumberResponse),
    () =>
      choice('setWatches', OP.setWatches2, m.setWatches2, {
        relativeZxid: baseZxid + random.int(steps),
        dataWatches: [path()],
        existWatches: [path()],
        childWatches: [path()],
        persistentWatches: random.chance(0.2) ? [path()] : [],
        persistentRecursiveWatches: random.chance(0.2) ? [path()] : [],
      }),
  ];
  const describe = (reply: RawReply, answer: JuteType<unknown> | undefined): string => {
    const body = answer !== undefined && reply.err === 0 ? decode(answer, reply.body) : reply.body.length;
    const text = JSON.stringify(body, (key, field: unknown) => {
      if (key === 'ctime' || key === 'mtime') return 'a time';
      if (key.endsWith('zxid')) return (field as number) - baseZxid;
      if (key === 'ephemeralOwner') return sessionName.get(field as string) ?? field;
      if (key === 'children' || key === 'ephemerals') return [...(field as string[])].sort();
      return field;
    });
    return `${reply.err} zxid ${reply.zxid - baseZxid} ${text}`;
  };
  const fromBase = (key: string, field: unknown): unknown =>
    key === 'relativeZxid' ? (field as number) - baseZxid : field;
  for (let i = 0; i < steps; i++) {
    const who = random.int(CLIENTS);
    const client = clients[who]!;
    if (random.chance(0.02)) {
      await client.send(OP.closeSession);
      await client.whenClosed();
      seen.push(`${who} ends, having seen ${client.sights.join(', ')}`);
      const fresh = await RawZkClient.connect(network, port, { timeoutMs: 30_000 });
      clients[who] = fresh;
      sessionName.set(fresh.session!.sessionId, `session ${who} from ${i}`);
      continue;
    }
    const { what, record, send, answer } = pick(choices)();
    const reply = await send(client);
    seen.push(`${i}: ${who} ${what} ${JSON.stringify(record, fromBase)} → ${describe(reply, answer)}`);
  }
  for (const client of clients) {
    await client.send(OP.closeSession);
    await client.whenClosed();
    seen.push(`saw ${client.sights.join(', ')}`);
  }
  return seen;
}

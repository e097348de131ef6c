import type { Network } from '../../src/platform/network.js';
import type { Acl } from '../../zk/client/zk-client.js';
import { decode, type JuteType } from '../../zk/jute/jute.js';
import * as m from '../../zk/jute/messages.js';
import { multiRequest, multiResponse, type MultiOperation } from '../../zk/jute/multi.js';
import { OP } from '../../zk/jute/op-codes.js';
import { OPEN, RawZkClient, type RawReply } from './raw-zk-client.js';

/** One request of client A or B, and how its answer is read. */
interface Step {
  readonly by: 'A' | 'B';
  readonly what: string;
  readonly send: (client: RawZkClient) => Promise<RawReply>;
  readonly answer: JuteType<unknown> | undefined;
}

/** What came of a step. Times and session ids are taken out: they differ from run to run. */
export interface Played {
  readonly step: string;
  readonly err: number;
  readonly zxid: number;
  readonly answer: unknown;
}

export interface PlayedScript {
  readonly steps: Played[];
  /** What each client saw, in order. */
  readonly sights: Record<string, string[]>;
}

function step<Q, R>(
  by: 'A' | 'B',
  what: string,
  type: number,
  request: JuteType<Q>,
  record: Q,
  answer?: JuteType<R>,
): Step {
  return {
    by,
    what,
    send: (client) => client.send(type, request, record),
    answer: answer,
  };
}

const bytes = (text: string): Buffer => Buffer.from(text);
const make = (
  by: 'A' | 'B',
  path: string,
  flags = 0,
  data: Buffer | null = bytes('data'),
  acl: readonly Acl[] = OPEN,
): Step => step(by, `create ${path} ${flags}`, OP.create, m.createRequest, { path, data, acl, flags }, m.pathResponse);
const make2 = (by: 'A' | 'B', path: string, flags = 0): Step =>
  step(
    by,
    `create2 ${path} ${flags}`,
    OP.create2,
    m.createRequest,
    { path, data: bytes('d2'), acl: OPEN, flags },
    m.create2Response,
  );
const get = (by: 'A' | 'B', path: string, watch = false): Step =>
  step(by, `getData ${path}`, OP.getData, m.watchedPathRequest, { path, watch }, m.getDataResponse);
const exists = (by: 'A' | 'B', path: string, watch = false): Step =>
  step(by, `exists ${path}`, OP.exists, m.watchedPathRequest, { path, watch }, m.statResponse);
const children = (by: 'A' | 'B', path: string, watch = false): Step =>
  step(by, `getChildren2 ${path}`, OP.getChildren2, m.watchedPathRequest, { path, watch }, m.getChildren2Response);
const remove = (by: 'A' | 'B', path: string, version = -1): Step =>
  step(by, `delete ${path} ${version}`, OP.delete, m.deleteRequest, { path, version });
const set = (by: 'A' | 'B', path: string, data: Buffer | null, version = -1): Step =>
  step(by, `setData ${path} ${version}`, OP.setData, m.setDataRequest, { path, data, version }, m.statResponse);
const getAcl = (by: 'A' | 'B', path: string): Step =>
  step(by, `getAcl ${path}`, OP.getAcl, m.pathRequest, { path }, m.getAclResponse);
const setAcl = (by: 'A' | 'B', path: string, acl: readonly Acl[], version: number): Step =>
  step(by, `setAcl ${path} ${version}`, OP.setAcl, m.setAclRequest, { path, acl, version }, m.statResponse);
const multi = (by: 'A' | 'B', what: string, ...operations: MultiOperation[]): Step =>
  step(by, `multi ${what}`, OP.multi, multiRequest, operations, multiResponse);
const multiRead = (by: 'A' | 'B', what: string, ...operations: MultiOperation[]): Step =>
  step(by, `multiRead ${what}`, OP.multiRead, multiRequest, operations, multiResponse);
const watchers = (by: 'A' | 'B', type: 17 | 18, path: string, kind: number): Step =>
  step(by, `${type === 17 ? 'checkWatches' : 'removeWatches'} ${path} ${kind}`, type, m.watcherTypeRequest, {
    path,
    type: kind,
  });
const auth = (by: 'A' | 'B', scheme: string, text: string): Step => ({
  by,
  what: `auth ${scheme}`,
  send: (client) => client.send(OP.auth, m.authPacket, { type: 0, scheme, auth: bytes(text) }, -4),
  answer: undefined,
});

const digest = (permissions: number): Acl => ({ permissions, scheme: 'digest', id: 'u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=' });
const entry = (permissions: number, scheme: string, id: string): Acl => ({ permissions, scheme, id });
const inMulti = {
  create: (path: string, flags = 0): MultiOperation => ({
    type: OP.create,
    request: { path, data: bytes('m'), acl: OPEN, flags },
  }),
  create2: (path: string): MultiOperation => ({ type: OP.create2, request: { path, data: null, acl: OPEN, flags: 0 } }),
  set: (path: string, version = -1): MultiOperation => ({
    type: OP.setData,
    request: { path, data: bytes('n'), version },
  }),
  remove: (path: string, version = -1): MultiOperation => ({ type: OP.delete, request: { path, version } }),
  check: (path: string, version: number): MultiOperation => ({ type: OP.check, request: { path, version } }),
  get: (path: string): MultiOperation => ({ type: OP.getData, request: { path, watch: false } }),
  children: (path: string): MultiOperation => ({ type: OP.getChildren, request: { path, watch: false } }),
};

/** Played on a server without data, with extendedTypesEnabled. It stays away from lists of several children: their order is Java's hash order. */
const SCRIPT: readonly Step[] = [
  get('A', '/'),
  get('A', '/zookeeper'),
  get('A', '/zookeeper/quota'),
  get('A', '/zookeeper/config'),
  getAcl('A', '/zookeeper/config'),
  make('A', '/a'),
  make('A', '/a'),
  make('A', '/'),
  make('A', 'a'),
  make('A', '/a/'),
  make('A', '/a//b'),
  make('A', '/a/.'),
  make('A', '/a/\u0001'),
  make('A', '/none/x'),
  make('A', '/a/null', 0, null),
  get('A', '/a/null'),
  make('A', '/a/empty', 0, Buffer.alloc(0)),
  get('A', '/a/empty'),
  make2('A', '/a/two'),
  exists('B', '/a', true),
  set('A', '/a', bytes('one')),
  set('A', '/a', bytes('two'), 1),
  set('A', '/a', bytes('two'), 1),
  get('B', '/a', true),
  children('B', '/lonely', true),
  make('A', '/lonely'),
  children('B', '/lonely', true),
  make('A', '/lonely/s-', 2),
  children('B', '/lonely', true),
  remove('A', '/lonely/s-0000000000'),
  make('A', '/lonely/s-', 3),
  make('A', '/lonely/s-', 2),
  exists('A', '/lonely'),
  make('A', '/lonely/s-0000000001/child'),
  exists('B', '/to-come', true),
  exists('B', '/to-come', true),
  make('A', '/to-come', 1),
  get('B', '/to-come', true),
  children('B', '/to-come', true),
  remove('A', '/to-come', 7),
  remove('A', '/to-come', 0),
  remove('A', '/to-come', 0),
  remove('A', '/a'),
  remove('A', '/zookeeper'),
  remove('A', '/'),
  set('A', '/', bytes('root')),
  set('A', '/zookeeper/config', bytes('x')),
  make('A', '/mode7', 7),
  make('A', '/container-flag', 4),
  step(
    'A',
    'createContainer',
    OP.createContainer,
    m.createRequest,
    { path: '/box', data: null, acl: OPEN, flags: 4 },
    m.create2Response,
  ),
  step(
    'A',
    'createTTL',
    OP.createTtl,
    m.createTtlRequest,
    { path: '/ttl', data: null, acl: OPEN, flags: 5, ttlMs: 1000 },
    m.create2Response,
  ),
  make('A', '/box/x', 1),
  children('A', '/box'),
  exists('A', '/ttl'),
  step('A', 'createTTL without a TTL', OP.createTtl, m.createTtlRequest, {
    path: '/t0',
    data: null,
    acl: OPEN,
    flags: 5,
    ttlMs: 0,
  }),
  step('A', 'createTTL of another mode', OP.createTtl, m.createTtlRequest, {
    path: '/t1',
    data: null,
    acl: OPEN,
    flags: 0,
    ttlMs: 0,
  }),
  multi(
    'A',
    'that succeeds',
    inMulti.create('/m'),
    inMulti.create2('/m/two'),
    inMulti.set('/m', 0),
    inMulti.check('/m', 1),
    inMulti.create('/m/s-', 2),
    inMulti.remove('/m/two'),
  ),
  get('B', '/m', true),
  multi(
    'A',
    'that fails',
    inMulti.create('/m/s-', 2),
    inMulti.set('/m'),
    inMulti.check('/m', 9),
    inMulti.create('/x'),
    inMulti.remove('/m'),
  ),
  multi('A', 'that fails at once', inMulti.check('/none', 0), inMulti.set('/m')),
  multi('A', 'of nothing'),
  multi('A', 'with a read', inMulti.set('/m'), inMulti.get('/m')),
  make('A', '/m/s-', 2),
  set('A', '/m', null),
  get('A', '/m'),
  multiRead(
    'B',
    'of two',
    inMulti.get('/a/null'),
    inMulti.children('/m/none'),
    inMulti.get('/none'),
    inMulti.children('/lonely/s-0000000002'),
  ),
  getAcl('A', '/m'),
  setAcl('A', '/m', [], 0),
  setAcl('A', '/m', [entry(31, 'digest', 'nocolon')], 0),
  setAcl('A', '/m', [entry(31, 'unheard', 'of')], 0),
  setAcl('A', '/m', [entry(31, 'auth', '')], 0),
  setAcl('A', '/m', OPEN, 4),
  setAcl('A', '/none', OPEN, 0),
  auth('A', 'digest', 'u:p'),
  make('A', '/private', 0, bytes('p'), [digest(31), digest(31)]),
  make('A', '/auth', 0, bytes('p'), [entry(31, 'auth', '')]),
  make('A', '/readable', 0, bytes('p'), [digest(31), entry(1, 'world', 'anyone')]),
  getAcl('A', '/private'),
  getAcl('A', '/auth'),
  get('B', '/private'),
  exists('B', '/private'),
  getAcl('B', '/private'),
  getAcl('B', '/readable'),
  set('B', '/readable', bytes('x')),
  make('B', '/private/x'),
  remove('B', '/private'),
  setAcl('B', '/readable', OPEN, -1),
  setAcl('A', '/readable', OPEN, 0),
  exists('A', '/readable'),
  multi('B', 'without permission', inMulti.create('/ok'), inMulti.set('/private')),
  multi('B', 'checking without permission', inMulti.check('/private', 0)),
  step('A', 'sync', OP.sync, m.pathRequest, { path: '/a' }, m.pathResponse),
  step('A', 'sync of nothing', OP.sync, m.pathRequest, { path: '/none' }, m.pathResponse),
  step('A', 'getChildren', OP.getChildren, m.watchedPathRequest, { path: '/m', watch: false }),
  step('A', 'getChildren of nothing', OP.getChildren, m.watchedPathRequest, { path: '/none', watch: true }),
  step(
    'A',
    'getAllChildrenNumber',
    OP.getAllChildrenNumber,
    m.pathRequest,
    { path: '/a' },
    m.getAllChildrenNumberResponse,
  ),
  step(
    'A',
    'getAllChildrenNumber of all',
    OP.getAllChildrenNumber,
    m.pathRequest,
    { path: '/' },
    m.getAllChildrenNumberResponse,
  ),
  step('A', 'getEphemerals', OP.getEphemerals, m.nullablePathRequest, { path: '/box' }, m.getEphemeralsResponse),
  step(
    'A',
    'getEphemerals elsewhere',
    OP.getEphemerals,
    m.nullablePathRequest,
    { path: '/none' },
    m.getEphemeralsResponse,
  ),
  { by: 'A', what: 'whoAmI', send: (client) => client.send(OP.whoAmI), answer: m.whoAmIResponse },
  watchers('B', 17, '/m', 2),
  watchers('B', 17, '/m', 1),
  watchers('B', 17, '/none', 3),
  watchers('B', 18, '/none', 3),
  step('B', 'addWatch', OP.addWatch, m.addWatchRequest, { path: '/p', mode: 0 }, m.errorResponse),
  step('B', 'addWatch recursive', OP.addWatch, m.addWatchRequest, { path: '/q', mode: 1 }, m.errorResponse),
  make('A', '/p'),
  make('A', '/p/x'),
  set('A', '/p', bytes('1')),
  set('A', '/p', bytes('2')),
  make('A', '/q'),
  make('A', '/q/r'),
  make('A', '/q/r/s'),
  set('A', '/q/r/s', bytes('1')),
  remove('A', '/q/r/s'),
  watchers('B', 18, '/p', 3),
  set('A', '/p', bytes('3')),
  step('B', 'setWatches', OP.setWatches, m.setWatches, {
    relativeZxid: 30,
    dataWatches: ['/a', '/p', '/none'],
    existWatches: ['/q', '/never'],
    childWatches: ['/a', '/q', '/none'],
  }),
  set('A', '/a', bytes('3')),
  make('A', '/never'),
  step('A', 'a marshalling error', OP.create, m.pathRequest, { path: '/broken' }),
  step('A', 'a marshalling error in a read', OP.getData, m.nullablePathRequest, { path: null }),
  step('A', 'reconfig', OP.reconfig, m.reconfigRequest, {
    joiningServers: null,
    leavingServers: null,
    newMembers: null,
    curConfigId: -1,
  }),
  exists('B', '/lonely/s-0000000001', true),
  { by: 'A', what: 'closeSession', send: (client) => client.send(OP.closeSession), answer: undefined },
  exists('B', '/lonely/s-0000000001'),
];

/** Plays the script, one step after the other. */
export async function playScript(network: Network, port: number): Promise<PlayedScript> {
  const clients = { A: await RawZkClient.connect(network, port), B: await RawZkClient.connect(network, port) };
  const names = new Map(Object.entries(clients).map(([name, client]) => [client.session!.sessionId, name]));
  const steps: Played[] = [];
  for (const { by, what, send, answer } of SCRIPT) {
    const reply = await send(clients[by]);
    const isRead = answer !== undefined && reply.err === 0;
    steps.push({
      step: `${by} ${what}`,
      err: reply.err,
      zxid: reply.zxid,
      answer: isRead ? plain(decode(answer, reply.body), names) : reply.body.toString('hex'),
    });
  }
  const sights = { A: clients.A.sights, B: clients.B.sights };
  clients.B.destroy();
  await Promise.all([clients.A.whenClosed(), clients.B.whenClosed()]);
  return { steps, sights };
}

/** Plain data: bytes as hex, times and session ids replaced. */
function plain(value: unknown, names: ReadonlyMap<string, string>): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, field: unknown) => {
      if (key === 'ctime' || key === 'mtime') return field === 0 ? 0 : 'a time';
      if (key === 'ephemeralOwner') return names.get(field as string) ?? field;
      const isBuffer = typeof field === 'object' && field !== null && 'type' in field && field.type === 'Buffer';
      return isBuffer ? Buffer.from((field as unknown as { data: number[] }).data).toString('hex') : field;
    }),
  ) as unknown;
}

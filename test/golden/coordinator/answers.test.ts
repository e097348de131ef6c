import { expect } from 'chai';
import type { ErrorName } from '../../../src/common/errors.js';
import * as groupApis from '../../../src/coordinator/group/group-apis.js';
import * as offsetApis from '../../../src/coordinator/group/offset-apis.js';
import { apiByKey, apis } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { decodeRequestHeader, decodeResponse } from '../../../src/protocol/frame.js';
import { type GoldenFrame, goldenFrames } from '../../support/golden-frames.js';
import { settled } from '../../support/manual-time.js';
import { Harness, Parked } from '../../unit/coordinator/group/harness.js';

/**
 * Plays the group requests of a recorded session to our coordinator and compares its answers with the real ones. Member
 * ids are chance: a real one in a request stands for ours, and the other way round in an answer.
 */
class Replay {
  private readonly harness: Harness;
  private readonly oursByReal = new Map<string, string>();
  private readonly knownTopics: (topic: string) => boolean;

  private constructor(harness: Harness, knownTopics: (topic: string) => boolean) {
    this.harness = harness;
    this.knownTopics = knownTopics;
  }

  static async begin(knownTopics: (topic: string) => boolean): Promise<Replay> {
    // As 3.9 stores them: with ours, version 0 and the later ones see each other's offsets.
    return new Replay(await Harness.elected({ offsetsStorage: 'kafka' }), knownTopics);
  }

  async play(request: GoldenFrame, response: GoldenFrame): Promise<{ ours: unknown; real: unknown }> {
    const api = apiByKey(request.apiKey)!;
    const bytes = Buffer.from(request.hex, 'hex');
    const { bodyAt, clientId } = decodeRequestHeader(bytes);
    const body = this.translate(codecOf(api.request, request.apiVersion).decode(bytes, bodyAt), this.oursByReal);
    const answer = new Parked(Promise.resolve(this.answer(request, body, clientId)));
    await settled();
    for (let i = 0; i < 20 && answer.isParked; i++) await this.harness.time.advance(1000);
    const codec = codecOf(api.response, request.apiVersion);
    const ours = codec.decode(codec.toBuffer(answer.result as never)) as Record<string, unknown>;
    const real = decodeResponse(api, request.apiVersion, Buffer.from(response.hex, 'hex')).body as Record<
      string,
      unknown
    >;
    this.learn(ours['memberId'], real['memberId']);
    const realByOurs = new Map([...this.oursByReal].map(([theirs, own]) => [own, theirs]));
    return { ours: this.translate(ours, realByOurs), real };
  }

  private learn(ours: unknown, real: unknown): void {
    if (typeof ours === 'string' && typeof real === 'string' && ours !== '' && real !== '')
      this.oursByReal.set(real, ours);
  }

  private translate<T>(value: T, names: ReadonlyMap<string, string>): T {
    if (typeof value === 'string') return (names.get(value) ?? value) as T;
    if (Array.isArray(value)) return value.map((item: unknown) => this.translate(item, names)) as T;
    if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.translate(item, names)])) as T;
  }

  private answer({ apiKey, apiVersion }: GoldenFrame, body: unknown, clientId: string | null): unknown {
    const { coordinator, time } = this.harness;
    const client = { apiVersion, clientId, clientHost: '127.0.0.1' };
    const check = (topic: string): ErrorName => (this.knownTopics(topic) ? 'NONE' : 'UNKNOWN_TOPIC_OR_PARTITION');
    switch (apiKey) {
      case apis.joinGroup.key:
        return groupApis.joinGroup(coordinator, body as never, client);
      case apis.syncGroup.key:
        return groupApis.syncGroup(coordinator, body as never, client);
      case apis.heartbeat.key:
        return groupApis.heartbeat(coordinator, body as never);
      case apis.leaveGroup.key:
        return groupApis.leaveGroup(coordinator, body as never, client);
      case apis.describeGroups.key:
        return groupApis.describeGroups(coordinator, body as never);
      case apis.offsetCommit.key:
        return offsetApis.commitOffsets(coordinator, body as never, apiVersion, time.wallMs(), check);
      default:
        return offsetApis.fetchOffsets(coordinator, body as never, apiVersion, () => 'NONE');
    }
  }
}

const replayed = new Set<number>(
  [
    apis.joinGroup,
    apis.syncGroup,
    apis.heartbeat,
    apis.leaveGroup,
    apis.describeGroups,
    apis.offsetCommit,
    apis.offsetFetch,
  ].map(({ key }) => key),
);
/** Sent to another broker, or by another principal. */
const elsewhere = /wrong broker|unauthorized/;

function pairs(source: string): [GoldenFrame, GoldenFrame][] {
  const frames = goldenFrames().filter((frame) => frame.source === source);
  return frames.flatMap((request, i): [GoldenFrame, GoldenFrame][] => {
    const response = frames[i + 1];
    const isPair = request.kind === 'request' && response?.kind === 'response' && response.apiKey === request.apiKey;
    return isPair && replayed.has(request.apiKey) && !elsewhere.test(request.case) ? [[request, response]] : [];
  });
}

/** Authorized operations are the authorizer's. */
function withoutOperations(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body, (key, value: unknown) => (key === 'authorizedOperations' ? 0 : value)));
}

describe('the answers of a 3.9.1 group coordinator', () => {
  for (const source of ['sweep', 'errors']) {
    it(`are ours: ${source}`, async () => {
      const replay = await Replay.begin((topic) => source === 'sweep' || topic !== 'nosuch');
      const all = pairs(source);
      expect(all.length).to.be.greaterThan(25);
      for (const [request, response] of all) {
        const { ours, real } = await replay.play(request, response);
        const what = `${request.case} ${apiByKey(request.apiKey)!.name} v${request.apiVersion}`;
        expect(withoutOperations(ours), what).to.deep.equal(withoutOperations(real));
      }
    });
  }
});

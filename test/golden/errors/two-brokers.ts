import { type ApiDeclaration, apiByKey, apis } from '../../../src/protocol/apis.js';
import { decodeResponse, encodeRequest } from '../../../src/protocol/frame.js';
import type { Fields, TypeOf } from '../../../src/protocol/schema.js';
import { apiTable } from '../../../src/server/api-table.js';
import { goldenFrames } from '../../support/golden-frames.js';
import { type RawAnswer, RawKafkaClient } from '../../support/raw-kafka-client.js';
import { ClusterUnderTest } from '../../support/zkafka-cluster.js';
import { comparable } from './comparable.js';

/** A request that a raw client sent to a 3.9.1 cluster of two brokers, and the answer; frames without their lengths. */
export interface GoldenCase {
  readonly case: string;
  readonly api: ApiDeclaration;
  readonly version: number;
  readonly request: string;
  readonly response: Buffer;
}

/** A topic of one partition, its leader first. */
export interface TopicOfCapture {
  readonly name: string;
  readonly replicas: readonly number[];
  readonly configs?: Readonly<Record<string, string>>;
}

/** Of the capture. */
const TOPIC_ID_OF_E1 = 'JGVTDPQ4SCWgW6SseZikHw';
const MEMBER_ID = 'golden-raw-d8d62a71-e35b-4ba7-9f88-0e7b86c8ac82';
const DEADLINE_MS = 8000;

/** Of the versions that are served, without those of a principal without rights: there is no authorizer yet. */
export function goldenCases(source: string): GoldenCase[] {
  const served = new Map(apiTable().map((route) => [route.apiKey, route]));
  const frames = goldenFrames();
  return frames.flatMap((frame, i) => {
    const next = frames[i + 1];
    const api = apiByKey(frame.apiKey);
    if (frame.source !== source || frame.kind !== 'request' || api === undefined) return [];
    if (next?.kind !== 'response' || next.case !== frame.case || next.apiVersion !== frame.apiVersion) return [];
    const route = served.get(frame.apiKey);
    if (route === undefined || frame.apiVersion < route.minVersion || frame.apiVersion > route.maxVersion) return [];
    if (frame.case.startsWith('unauthorized principal')) return [];
    const response = Buffer.from(next.hex, 'hex');
    return { case: frame.case, api, version: frame.apiVersion, request: frame.hex, response };
  });
}

/** Two of our brokers as processes, in the place of the two that were captured. */
export class TwoBrokers {
  readonly under: ClusterUnderTest;
  controller = 0;
  private readonly clients = new Map<number, RawKafkaClient>();
  /** Hex of the capture → hex of this cluster. */
  private readonly replaced = new Map<string, string>();

  constructor(settings: readonly string[]) {
    this.under = new ClusterUnderTest({ brokers: 2, settings });
  }

  async start(topics: readonly TopicOfCapture[]): Promise<void> {
    await this.under.start();
    this.under.cluster.bootstrap.split(',').forEach((address, i) => {
      this.clients.set(i + 1, new RawKafkaClient(Number(address.split(':')[1])));
    });
    const asked = { includeClusterAuthorizedOperations: false, endpointType: 1 };
    this.controller = (await this.ask(1, apis.describeCluster, 1, asked)).controllerId;
    const created = await this.ask(this.controller, apis.createTopics, 7, {
      timeoutMs: 5000,
      validateOnly: false,
      topics: topics.map(({ name, replicas, configs = {} }) => ({
        name,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [...replicas] }],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
    });
    for (const { name, topicId, errorCode, errorMessage } of created.topics) {
      if (errorCode !== 0) throw new Error(`${name}: ${errorCode} ${errorMessage ?? ''}`);
      if (name === 'e1') this.replaced.set(hexOfId(TOPIC_ID_OF_E1), hexOfId(topicId));
    }
  }

  async stop(): Promise<void> {
    for (const client of this.clients.values()) client.close();
    await this.under.remove();
  }

  async ask<Q extends Fields, R extends Fields>(
    brokerId: number,
    api: ApiDeclaration<Q, R>,
    version: number,
    body: TypeOf<Q>,
  ): Promise<TypeOf<R>> {
    const answer = await this.send(brokerId, encodeRequest(api, version, 1, 'golden-raw', body).subarray(4));
    if (typeof answer === 'string') throw new Error(answer);
    return decodeResponse(api, version, answer).body;
  }

  /** The captured bytes, with this cluster's ids; the answer without what belongs to one run. */
  async replay(golden: GoldenCase, brokerId: number): Promise<unknown> {
    let hex = golden.request;
    for (const [theirs, ours] of this.replaced) hex = hex.replaceAll(theirs, ours);
    const answer = await this.send(brokerId, Buffer.from(hex, 'hex'));
    if (typeof answer === 'string') return answer;
    const decoded = decodeResponse(golden.api, golden.version, answer);
    if (golden.case.includes('MEMBER_ID_REQUIRED')) {
      const { memberId } = decoded.body as unknown as { memberId: string };
      this.replaced.set(hexOfText(MEMBER_ID), hexOfText(memberId));
    }
    return comparable(decoded);
  }

  private send(brokerId: number, request: Buffer): Promise<RawAnswer> {
    return this.clients.get(brokerId)!.send(request, DEADLINE_MS);
  }
}

export function expectedOf({ api, version, response }: GoldenCase): unknown {
  return comparable(decodeResponse(api, version, response));
}

const hexOfId = (id: string): string => Buffer.from(id, 'base64url').toString('hex');
const hexOfText = (text: string): string => Buffer.from(text).toString('hex');

import { apis } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { decodeResponse, encodeRequest } from '../../../src/protocol/frame.js';
import { Wire } from './wire.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export const CLIENT_ID = 'bench';
const RETRY_MS = 5;
const DEADLINE_MS = 120_000;

/** Runs `attempt` until it returns something. @throws Error what the last attempt threw, after two minutes */
export async function eventually<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const result = await attempt();
      if (result !== undefined) return result;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  throw new Error('gave up after two minutes', { cause: last });
}

/** Where the controller is. @throws Error if the broker does not know, or `brokers` are not all there */
async function controllerOf(any: Address, brokers: number): Promise<Address> {
  const wire = await Wire.to(any.host, any.port);
  try {
    const body = { ...codecOf(apis.metadata.request, 5).initial(), topics: [] };
    const answer = await wire.ask(encodeRequest(apis.metadata, 5, 1, CLIENT_ID, body));
    const metadata = decodeResponse(apis.metadata, 5, answer).body;
    const controller = metadata.brokers.find(({ nodeId }) => nodeId === metadata.controllerId);
    if (controller === undefined || metadata.brokers.length < brokers) throw new Error('not all brokers are there');
    return { host: controller.host, port: controller.port };
  } finally {
    wire.close();
  }
}

/** Creates a topic as soon as enough brokers are there. Resolves when the controller has it. */
export async function createTopic(
  any: Address,
  name: string,
  partitions: number,
  replicationFactor: number,
): Promise<void> {
  await eventually(async () => {
    const controller = await controllerOf(any, replicationFactor);
    const wire = await Wire.to(controller.host, controller.port);
    try {
      const topics = [{ name, numPartitions: partitions, replicationFactor, assignments: [], configs: [] }];
      const body = { topics, timeoutMs: 30_000, validateOnly: false };
      const answer = await wire.ask(encodeRequest(apis.createTopics, 4, 1, CLIENT_ID, body));
      const [topic] = decodeResponse(apis.createTopics, 4, answer).body.topics;
      if (topic?.errorCode !== 0) throw new Error(`creating ${name}: error ${topic?.errorCode ?? 'none'}`);
      return true;
    } finally {
      wire.close();
    }
  });
}

export async function deleteTopic(any: Address, name: string): Promise<void> {
  const controller = await controllerOf(any, 1);
  const wire = await Wire.to(controller.host, controller.port);
  const body = { ...codecOf(apis.deleteTopics.request, 3).initial(), topicNames: [name], timeoutMs: 30_000 };
  await wire.ask(encodeRequest(apis.deleteTopics, 3, 1, CLIENT_ID, body));
  wire.close();
}

/** Who leads the partition, as soon as somebody does and `replicas` are in sync. */
export function leaderOf(any: Address, topic: string, partition: number, replicas = 1): Promise<Address> {
  return eventually(async () => {
    const wire = await Wire.to(any.host, any.port);
    try {
      const topics = [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: topic }];
      const body = { ...codecOf(apis.metadata.request, 5).initial(), topics, allowAutoTopicCreation: false };
      const answer = await wire.ask(encodeRequest(apis.metadata, 5, 1, CLIENT_ID, body));
      const { brokers, topics: found } = decodeResponse(apis.metadata, 5, answer).body;
      const state = found[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition);
      const leader = brokers.find(({ nodeId }) => nodeId === state?.leaderId);
      if (state === undefined || leader === undefined) throw new Error(`${topic}-${partition} has no leader`);
      if (state.isrNodes.length < replicas) throw new Error(`${topic}-${partition} is not replicated`);
      return { host: leader.host, port: leader.port };
    } finally {
      wire.close();
    }
  });
}

import { KafkaError } from '../common/errors.js';
import { delay, type Time } from '../platform/time.js';
import {
  ZkError,
  type NodeData,
  type Stat,
  type ZkClient,
  type ZkOperation,
  type ZkOperationResult,
  type ZkState,
} from '../../zk/client/zk-client.js';
import { parentPath } from './znodes/paths.js';

/** A znode's version that must still stand for a write to happen, and what to throw when it does not. */
export interface Guard {
  readonly path: string;
  readonly version: number;
  readonly broken: () => KafkaError;
}

/** What became of one operation of a guarded write. */
export type WriteResult = ZkOperationResult;

const MAX_OPERATIONS = 100;
const MAX_BYTES = 512 * 1024;
/** After so many refused operations in one multi, the rest goes out one by one instead of being sent again and again. */
const MAX_RESENDS = 3;
const RETRY_BACKOFF_MS = 25;

/**
 * Requests that outlive a lost connection: each is sent again, once reconnected, until it is answered or the session has
 * expired (ZkError SESSION_EXPIRED). Every caller therefore has to bear that its write happened already.
 */
export class ZkRequests {
  private readonly zk: ZkClient;
  private readonly time: Time;
  private state: ZkState = 'connected';
  private waiting: (() => void)[] = [];

  constructor(zk: ZkClient, time: Time) {
    this.zk = zk;
    this.time = time;
    zk.onState((state) => {
      this.state = state;
      const woken = this.waiting;
      this.waiting = [];
      for (const wake of woken) wake();
    });
  }

  /** `again` tells an attempt that an earlier one may have been applied. */
  async retry<T>(attempt: (again: boolean) => Promise<T>): Promise<T> {
    for (let again = false; ; again = true) {
      try {
        return await attempt(again);
      } catch (error) {
        if (!(error instanceof ZkError) || error.error !== 'CONNECTION_LOSS') throw error;
        await this.reconnected(error);
      }
    }
  }

  /** undefined when there is no such znode. */
  read(path: string, watch = false): Promise<NodeData | undefined> {
    return this.retry(() => this.zk.getData(path, watch).catch(noNode));
  }

  exists(path: string, watch = false): Promise<Stat | undefined> {
    return this.retry(() => this.zk.exists(path, watch));
  }

  /** undefined when there is no such znode. */
  async children(path: string, watch = false): Promise<string[] | undefined> {
    const answer = await this.retry(() => this.zk.getChildren(path, watch).catch(noNode));
    return answer?.children;
  }

  /** Persistent, with parents (null data) made on the way; tells whether this call made it. */
  async createWithParents(path: string, data: Buffer | null): Promise<boolean> {
    for (;;) {
      try {
        await this.retry(() => this.zk.create(path, data));
        return true;
      } catch (error) {
        if (hasError(error, 'NODE_EXISTS')) return false;
        const parent = parentPath(path);
        if (!hasError(error, 'NO_NODE') || parent === undefined) throw error;
        await this.createWithParents(parent, null);
      }
    }
  }

  /** One that is missing is fine. */
  async delete(path: string, version = -1): Promise<void> {
    await this.retry(() => this.zk.delete(path, version).catch(noNode));
  }

  /**
   * Writes in order, each multi led by the guards, pipelined; multis are cut at 100 operations or 512 KB. An operation that
   * ZooKeeper refuses is reported alone and the rest is written without it.
   * Differs: Apache Kafka sends one multi for each znode; the znodes and their order are the same.
   * @throws the guard's error when a guard is broken: nothing after that was written
   */
  async writeGuarded(guards: readonly Guard[], operations: readonly ZkOperation[]): Promise<WriteResult[]> {
    const results = new Array<WriteResult>(operations.length);
    const settled = await Promise.allSettled(cut(operations).map((chunk) => this.writeChunk(guards, chunk, results)));
    const failed = settled.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return results;
  }

  private async writeChunk(guards: readonly Guard[], chunk: readonly Indexed[], results: WriteResult[]): Promise<void> {
    const checks = guards.map(({ path, version }) => ({ type: 'check', path, version }) as const);
    const sending = { mayBeApplied: false };
    let waiting = chunk;
    for (let refused = 0; waiting.length > 0; refused++) {
      if (refused === MAX_RESENDS) {
        await Promise.all(waiting.map((one) => this.writeChunk(guards, [one], results)));
        return;
      }
      const sent = waiting;
      const answer = await this.retry((again) => {
        sending.mayBeApplied ||= again;
        return this.zk.multi([...checks, ...sent.map((one) => one.operation)]);
      });
      if (answer.ok) {
        sent.forEach((one, i) => (results[one.index] = answer.results[guards.length + i] ?? { error: 'OK' }));
        return;
      }
      const at = answer.results.findIndex(({ error }) => error !== 'OK' && error !== 'RUNTIME_INCONSISTENCY');
      const broken = guards[at];
      if (broken !== undefined) throw broken.broken();
      const result = answer.results[at];
      const culprit = sent[at - guards.length];
      if (result === undefined || culprit === undefined) {
        throw new ZkError('SYSTEM_ERROR', undefined, 'unreadable multi answer');
      }
      results[culprit.index] = sending.mayBeApplied ? await this.readBack(culprit.operation, result) : result;
      waiting = sent.filter((one) => one !== culprit);
    }
  }

  /** After a lost connection, a refusal may mean that the write was applied before: OK if what stands is what we wrote. */
  private async readBack(operation: ZkOperation, refusal: WriteResult): Promise<WriteResult> {
    if (operation.type === 'delete') return refusal.error === 'NO_NODE' ? { error: 'OK' } : refusal;
    if (operation.type === 'check') return refusal;
    const expected = operation.type === 'create' ? 'NODE_EXISTS' : 'BAD_VERSION';
    if (refusal.error !== expected) return refusal;
    const found = await this.read(operation.path);
    if (found === undefined || !sameData(found.data, operation.data)) return refusal;
    const version = operation.type === 'create' ? 0 : operation.version + 1;
    return found.stat.version === version ? { error: 'OK', path: operation.path, stat: found.stat } : refusal;
  }

  /** @throws ZkError SESSION_EXPIRED when the session ends first */
  private async reconnected(loss: ZkError): Promise<void> {
    await delay(this.time, RETRY_BACKOFF_MS);
    while (this.state !== 'connected') {
      if (this.state !== 'disconnected') throw new ZkError('SESSION_EXPIRED', loss.path);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }
}

/** Reads outstanding at a time: a client takes a bounded number, and a large cluster has more partitions than that. */
const READ_SLICE = 10_000;

/** All reads pipelined, but a slice at a time; results in order. */
export async function pipelined<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += READ_SLICE) {
    for (const result of await Promise.all(items.slice(at, at + READ_SLICE).map(read))) results.push(result);
  }
  return results;
}

interface Indexed {
  readonly index: number;
  readonly operation: ZkOperation;
}

function cut(operations: readonly ZkOperation[]): Indexed[][] {
  const chunks: Indexed[][] = [];
  let chunk: Indexed[] = [];
  let bytes = 0;
  operations.forEach((operation, index) => {
    const size = 64 + operation.path.length + ('data' in operation ? (operation.data?.length ?? 0) : 0);
    if (chunk.length === MAX_OPERATIONS || (chunk.length > 0 && bytes + size > MAX_BYTES)) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push({ index, operation });
    bytes += size;
  });
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

export function hasError(error: unknown, name: ZkError['error']): boolean {
  return error instanceof ZkError && error.error === name;
}

function noNode(error: unknown): undefined {
  if (!hasError(error, 'NO_NODE')) throw error;
}

export function sameData(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

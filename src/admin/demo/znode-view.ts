import { type ZkClient, ZkError } from '../../../zk/client/zk-client.js';

export interface ControllerSeen {
  readonly brokerId: number;
  readonly epoch: number;
}

interface PartitionState {
  readonly leader: number;
  readonly leader_epoch: number;
  readonly controller_epoch: number;
  readonly isr: readonly number[];
}

/** Looks at Kafka's znodes as a person with zkCli would, and waits for changes by watches. */
export class ZNodeView {
  private readonly zk: ZkClient;
  private waiting: (() => void)[] = [];

  constructor(zk: ZkClient) {
    this.zk = zk;
    zk.onWatch(() => {
      const waiting = this.waiting;
      this.waiting = [];
      for (const wake of waiting) wake();
    });
  }

  async controller(): Promise<ControllerSeen> {
    const brokerId = (await this.json<{ brokerid: number }>('/controller'))?.brokerid ?? -1;
    return { brokerId, epoch: Number((await this.text('/controller_epoch')) ?? 0) };
  }

  /** Resolves with the next controller once /controller names one of a later epoch. */
  async controllerAfter(before: ControllerSeen): Promise<ControllerSeen> {
    return this.when(async () => {
      const now = await this.controller();
      return now.epoch > before.epoch && now.brokerId >= 0 ? now : undefined;
    });
  }

  /** One line a partition: leader, epoch, ISR. */
  async leaders(topic: string): Promise<string[]> {
    const states = await this.states(topic);
    return states.map(
      (state, partition) =>
        `${topic}-${partition}: leader ${state.leader}, leader epoch ${state.leader_epoch}, ISR ${state.isr.join(',')}`,
    );
  }

  /** Resolves when every partition is led, by another broker than `gone`, as of a later controller epoch where it moved. */
  async led(topic: string, gone: number, epoch: number): Promise<void> {
    await this.when(async () => {
      const states = await this.states(topic);
      return states.length > 0 &&
        states.every((s) => s.leader >= 0 && (s.leader !== gone || s.controller_epoch > epoch))
        ? true
        : undefined;
    });
  }

  /** Resolves when the ISR of every partition has exactly these members. */
  async inSync(topic: string, members: readonly number[]): Promise<void> {
    const wanted = String([...members].sort((a, b) => a - b));
    await this.when(async () => {
      const states = await this.states(topic);
      const isAsWanted = ({ isr }: PartitionState): boolean => String([...isr].sort((a, b) => a - b)) === wanted;
      return states.length > 0 && states.every(isAsWanted) ? true : undefined;
    });
  }

  /** Resolves when no partition has a leader. */
  async leaderless(topic: string): Promise<void> {
    await this.when(async () => ((await this.states(topic)).every(({ leader }) => leader < 0) ? true : undefined));
  }

  /** Resolves when all these brokers are alive. */
  async registered(ids: readonly number[]): Promise<void> {
    await this.when(async () => {
      const { children } = await this.zk.getChildren('/brokers/ids', true);
      return ids.every((id) => children.includes(String(id))) ? true : undefined;
    });
  }

  async gone(path: string): Promise<void> {
    await this.when(async () => ((await this.zk.exists(path, true)) === undefined ? true : undefined));
  }

  async offsets(group: string, topic: string): Promise<string[]> {
    const folder = `/consumers/${group}/offsets/${topic}`;
    const { children } = await this.zk.getChildren(folder, false);
    return Promise.all(
      children.sort().map(async (p) => `${folder}/${p} = ${(await this.text(`${folder}/${p}`)) ?? ''}`),
    );
  }

  async worthSeeing(topic: string, group: string): Promise<string[]> {
    const { children } = await this.zk.getChildren('/brokers/ids', false);
    const paths = [
      '/cluster/id',
      '/controller',
      '/controller_epoch',
      ...children.sort().map((id) => `/brokers/ids/${id}`),
      `/brokers/topics/${topic}`,
      `/brokers/topics/${topic}/partitions/0/state`,
      `/consumers/${group}/offsets/${topic}/0`,
    ];
    return Promise.all(paths.map(async (path) => `${path}  ${(await this.text(path)) ?? '(gone)'}`));
  }

  private async states(topic: string): Promise<PartitionState[]> {
    const folder = `/brokers/topics/${topic}/partitions`;
    const partitions = await this.orMissing(this.zk.getChildren(folder, true));
    const ids = (partitions?.children ?? []).map(Number).sort((a, b) => a - b);
    const states = await Promise.all(ids.map((id) => this.json<PartitionState>(`${folder}/${id}/state`)));
    return states.filter((state) => state !== undefined);
  }

  /** Tries again after every watch event that came since it began to look. */
  private async when<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const changed = new Promise<void>((resolve) => this.waiting.push(resolve));
      const found = await look();
      if (found !== undefined) return found;
      await changed;
    }
  }

  private async json<T>(path: string): Promise<T | undefined> {
    const text = await this.text(path);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  /** undefined if there is no such znode; either way it is watched. */
  private async text(path: string): Promise<string | undefined> {
    for (;;) {
      const found = await this.orMissing(this.zk.getData(path, true));
      if (found !== undefined) return found.data?.toString('utf8') ?? '';
      if ((await this.zk.exists(path, true)) === undefined) return undefined;
    }
  }

  private async orMissing<T>(request: Promise<T>): Promise<T | undefined> {
    try {
      return await request;
    } catch (error) {
      if (error instanceof ZkError && error.error === 'NO_NODE') return undefined;
      throw error;
    }
  }
}

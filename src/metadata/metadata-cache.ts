import type { ClusterView } from './control-plane.js';
import type { BrokerImage, MetadataDelta, MetadataImage, PartitionImage, TopicImage } from './metadata-image.js';

export const EMPTY_IMAGE: MetadataImage = {
  clusterId: '',
  controllerId: -1,
  brokers: new Map(),
  topics: new Map(),
  topicNames: new Map(),
  configs: { topics: new Map(), brokers: new Map() },
};

type Listener = (delta: MetadataDelta, image: MetadataImage) => void;

/** The newest image of the cluster that this broker was told, and who wants to hear when it changes. */
export class MetadataCache implements ClusterView {
  private current: MetadataImage = EMPTY_IMAGE;
  private readonly listeners: Listener[] = [];

  get image(): MetadataImage {
    return this.current;
  }

  /** Called in the same tick as the change, in the order of registration. */
  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  applyView(delta: MetadataDelta, image: MetadataImage): void {
    this.current = image;
    for (const listener of this.listeners) listener(delta, image);
  }

  broker(id: number): BrokerImage | undefined {
    return this.current.brokers.get(id);
  }

  topic(name: string): TopicImage | undefined {
    return this.current.topics.get(name);
  }

  topicName(topicId: string): string | undefined {
    return this.current.topicNames.get(topicId);
  }

  partition(topic: string, partition: number): PartitionImage | undefined {
    return this.current.topics.get(topic)?.partitions[partition];
  }

  /** Overrides of one topic; an empty map if it has none. */
  topicConfig(topic: string): ReadonlyMap<string, string> {
    return this.current.configs.topics.get(topic) ?? NO_OVERRIDES;
  }
}

const NO_OVERRIDES: ReadonlyMap<string, string> = new Map();

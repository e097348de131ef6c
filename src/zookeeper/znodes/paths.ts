/**
 * Every path below the chroot that Apache Kafka 3.9's ZooKeeper mode uses, who writes it, and what keeps two writers apart.
 *
 * | path | written by | fence |
 * | --- | --- | --- |
 * | /brokers/ids/N | broker N at registration | ephemeral; its czxid is the broker epoch |
 * | /brokers/seqid | a broker without an id | setData; the new version is the answer |
 * | /brokers/topics/T | whoever accepted CreateTopics or CreatePartitions | create; setData at any version (as Kafka's) |
 * | /brokers/topics/T (reassignment, topic ids) | controller | multi with check of /controller_epoch, setData at version |
 * | …/partitions, …/partitions/P, …/state | controller | multi with check of /controller_epoch, states at version |
 * | /cluster/id | first broker | create |
 * | /config/E/N | any broker, best the controller | multi with check of /controller's version |
 * | /config/changes/config_change_N | whoever wrote the config | persistent-sequential |
 * | /consumers/G/offsets/T/P | controller for group coordinators | multi: /controller_epoch, __consumer_offsets state |
 * | /consumers/G/offsets/T/P (OffsetCommit v0) | any broker | none, as Kafka's |
 * | /controller, /controller_epoch | the winner of an election | one multi: create, setData at version |
 * | /admin/delete_topics/T | whoever accepted DeleteTopics; removed by the controller | create; multi with check of /controller_epoch |
 * | /admin/reassign_partitions, /admin/preferred_replica_election | people; removed by the controller | check of /controller_epoch |
 * | /isr_change_notification/*, /log_dir_event_notification/* | brokers; removed by the controller | sequential; check of /controller_epoch |
 * | /latest_producer_id_block | controller | setData at version |
 * | /feature | controller | create, setData at version |
 *
 * Source: kafka.zk.ZkData, 3.9
 */
export const CONSUMERS = '/consumers';
export const BROKERS = '/brokers';
export const BROKER_IDS = '/brokers/ids';
export const BROKER_SEQ_ID = '/brokers/seqid';
export const TOPICS = '/brokers/topics';
export const CLUSTER_ID = '/cluster/id';
export const CONFIG = '/config';
export const CONFIG_CHANGES = '/config/changes';
export const CONTROLLER = '/controller';
export const CONTROLLER_EPOCH = '/controller_epoch';
export const DELETE_TOPICS = '/admin/delete_topics';
export const PREFERRED_REPLICA_ELECTION = '/admin/preferred_replica_election';
export const REASSIGN_PARTITIONS = '/admin/reassign_partitions';
export const ISR_CHANGE_NOTIFICATION = '/isr_change_notification';
export const LOG_DIR_EVENT_NOTIFICATION = '/log_dir_event_notification';
export const PRODUCER_ID_BLOCK = '/latest_producer_id_block';
export const FEATURE = '/feature';

/** What a broker makes sure of when it starts, in Kafka's order; parents are made on the way. */
export const PERSISTENT_PATHS: readonly string[] = [
  CONSUMERS,
  BROKER_IDS,
  TOPICS,
  CONFIG_CHANGES,
  DELETE_TOPICS,
  BROKER_SEQ_ID,
  ISR_CHANGE_NOTIFICATION,
  PRODUCER_ID_BLOCK,
  LOG_DIR_EVENT_NOTIFICATION,
  '/config/topics',
  '/config/clients',
  '/config/users',
  '/config/brokers',
  '/config/ips',
];

export const brokerPath = (brokerId: number): string => `${BROKER_IDS}/${brokerId}`;
export const topicPath = (topic: string): string => `${TOPICS}/${topic}`;
export const partitionsPath = (topic: string): string => `${TOPICS}/${topic}/partitions`;
export const partitionPath = (topic: string, partition: number): string => `${TOPICS}/${topic}/partitions/${partition}`;
export const partitionStatePath = (topic: string, partition: number): string =>
  `${TOPICS}/${topic}/partitions/${partition}/state`;
export const deleteTopicPath = (topic: string): string => `${DELETE_TOPICS}/${topic}`;
export const isrChangePath = (name: string): string => `${ISR_CHANGE_NOTIFICATION}/${name}`;
export const logDirEventPath = (name: string): string => `${LOG_DIR_EVENT_NOTIFICATION}/${name}`;
/** Sequential: ZooKeeper appends ten digits. */
export const ISR_CHANGE_PREFIX = `${ISR_CHANGE_NOTIFICATION}/isr_change_`;
export const LOG_DIR_EVENT_PREFIX = `${LOG_DIR_EVENT_NOTIFICATION}/log_dir_event_`;
export const CONFIG_CHANGE_PREFIX = `${CONFIG_CHANGES}/config_change_`;

/** What a config znode describes: the folder below /config. */
export type ConfigEntityType = 'topics' | 'brokers' | 'clients' | 'users' | 'ips';
/** The cluster-wide entity of a type. */
export const DEFAULT_ENTITY = '<default>';
/** `entity` as it stands in the path: a topic, a broker id, `<default>`, or a URL-encoded user or client id. */
export const configPath = (type: ConfigEntityType, entity: string): string => `${CONFIG}/${type}/${entity}`;

export const offsetPath = (group: string, topic: string, partition: number): string =>
  `${CONSUMERS}/${group}/offsets/${topic}/${partition}`;
export const groupOffsetsPath = (group: string): string => `${CONSUMERS}/${group}/offsets`;
export const groupTopicOffsetsPath = (group: string, topic: string): string => `${CONSUMERS}/${group}/offsets/${topic}`;

/** `/a/b` of `/a/b/c`; undefined for a path right below the root. */
export function parentPath(path: string): string | undefined {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? undefined : path.slice(0, slash);
}

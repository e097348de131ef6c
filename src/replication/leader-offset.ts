import { KafkaError } from '../common/errors.js';
import { errorName } from '../protocol/error-codes.js';
import type { ListOffsetsRequest } from '../protocol/messages/list-offsets-request.js';
import type { FetchState } from './fetch-state.js';
import type { FetchTransport } from './fetch-transport.js';
import type { ReplicationSettings } from './settings.js';

const TIMESTAMPS = { latest: -1, earliest: -2 } as const;
/** inter.broker.protocol.version 3.9. */
const LIST_OFFSETS_VERSION = 9;

/**
 * Where the leader's log ends or begins, asked as a follower (up to the log end, whatever the high watermark).
 * @throws KafkaError what the leader answers for the partition, or why there was no answer
 * Source: kafka.server.RemoteLeaderEndPoint.fetchLatestOffset, fetchEarliestOffset, 3.9
 */
export function leaderOffset(
  from: { readonly leader: number; readonly fetcherId: number },
  parts: { readonly transport: FetchTransport; readonly settings: Pick<ReplicationSettings, 'brokerId'> },
  state: FetchState,
  which: keyof typeof TIMESTAMPS,
): Promise<number> {
  const { topic, partition } = state.partition;
  const request: ListOffsetsRequest = {
    replicaId: parts.settings.brokerId,
    isolationLevel: 0,
    topics: [
      {
        name: topic,
        partitions: [
          {
            partitionIndex: partition,
            currentLeaderEpoch: state.leaderEpoch,
            timestamp: TIMESTAMPS[which],
            maxNumOffsets: 1,
          },
        ],
      },
    ],
  };
  return new Promise((resolve, reject) => {
    parts.transport.listOffsets(from.leader, from.fetcherId, LIST_OFFSETS_VERSION, request, {
      onResponse: (response) => {
        const found = response.topics[0]?.partitions[0];
        const error = found === undefined ? 'UNKNOWN_SERVER_ERROR' : errorName(found.errorCode);
        if (found === undefined || error !== 'NONE') reject(new KafkaError(error));
        else resolve(found.offset);
      },
      onFailure: reject,
    });
  });
}

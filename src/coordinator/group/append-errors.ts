import { type ErrorName, errorNameOf } from '../../common/errors.js';

/**
 * What a client is told when a record of its group could not be appended: the log's own errors would make it look for
 * the leader of a topic it did not write to.
 * Source: kafka.coordinator.group.GroupMetadataManager.storeGroup and storeOffsets, 3.9
 */
function coordinatorError(thrown: unknown): ErrorName {
  const error = errorNameOf(thrown);
  switch (error) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
      return 'COORDINATOR_NOT_AVAILABLE';
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
      return 'NOT_COORDINATOR';
    default:
      return error;
  }
}

function isTooLarge(error: ErrorName): boolean {
  return error === 'MESSAGE_TOO_LARGE' || error === 'RECORD_LIST_TOO_LARGE' || error === 'INVALID_FETCH_SIZE';
}

export function offsetAppendError(thrown: unknown): ErrorName {
  const error = coordinatorError(thrown);
  return isTooLarge(error) ? 'INVALID_COMMIT_OFFSET_SIZE' : error;
}

export function groupAppendError(thrown: unknown): ErrorName {
  const error = coordinatorError(thrown);
  if (error === 'REQUEST_TIMED_OUT') return 'REBALANCE_IN_PROGRESS';
  return isTooLarge(error) ? 'UNKNOWN_SERVER_ERROR' : error;
}

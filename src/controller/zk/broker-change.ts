import type { LiveBroker } from '../../zookeeper/broker-store.js';
import type { ControllerContext } from './controller-context.js';

/** Broker ids, ascending. */
export interface BrokerChange {
  readonly added: readonly number[];
  /** Came back under another epoch before its going was noticed. */
  readonly bounced: readonly number[];
  readonly dead: readonly number[];
}

/**
 * What changed among the brokers.
 * Source: kafka.controller.KafkaController.processBrokerChange, 3.9
 */
export function planBrokerChange(context: ControllerContext, found: ReadonlyMap<number, LiveBroker>): BrokerChange {
  const known = context.liveOrShuttingDownBrokerIds;
  const ascending = (ids: number[]): number[] => ids.sort((a, b) => a - b);
  return {
    added: ascending([...found.keys()].filter((id) => context.brokerEpoch(id) === undefined)),
    bounced: ascending(known.filter((id) => (found.get(id)?.epoch ?? -1) > (context.brokerEpoch(id) ?? 0))),
    dead: ascending(known.filter((id) => !found.has(id))),
  };
}

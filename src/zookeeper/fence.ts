import { KafkaError } from '../common/errors.js';
import type { Guard } from './zk-requests.js';
import { CONTROLLER_EPOCH } from './znodes/paths.js';

/** What a controller was given when it was elected; every write of its reign stands or falls with `epochZkVersion`. */
export interface ControllerFence {
  readonly epoch: number;
  /** Version of /controller_epoch. */
  readonly epochZkVersion: number;
}

export function fenceGuard(fence: ControllerFence): Guard {
  return {
    path: CONTROLLER_EPOCH,
    version: fence.epochZkVersion,
    broken: () => controllerMoved(`controller epoch ${fence.epoch} is over: /controller_epoch has changed`),
  };
}

/** Another controller was elected; whoever acted as one resigns. Source: ControllerMovedException, 3.9 */
export function controllerMoved(message: string): KafkaError {
  return new KafkaError('STALE_CONTROLLER_EPOCH', message);
}

export function isControllerMoved(error: unknown): boolean {
  return error instanceof KafkaError && error.error === 'STALE_CONTROLLER_EPOCH';
}

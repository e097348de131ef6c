import type { Endpoint } from '../metadata/endpoint.js';
import type { BrokerImage } from '../metadata/metadata-image.js';

/** Where clients that came in on `listener` reach that broker: listener names compare without case, as Kafka's do. */
export function endpointOf(broker: BrokerImage, listener: string): Endpoint | undefined {
  const wanted = listener.toUpperCase();
  return broker.endpoints.find(
    (endpoint) => endpoint.listener === listener || endpoint.listener.toUpperCase() === wanted,
  );
}

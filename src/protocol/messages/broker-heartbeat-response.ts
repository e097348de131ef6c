import { message, type TypeOf, int32, int16, bool } from '../schema.js';

export const brokerHeartbeatResponse = message({
  name: 'BrokerHeartbeatResponse',
  apiKey: 63,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    isCaughtUp: bool('0+', { default: false }),
    isFenced: bool('0+', { default: true }),
    shouldShutDown: bool('0+'),
  },
});
export interface BrokerHeartbeatResponse extends TypeOf<typeof brokerHeartbeatResponse.fields> {}

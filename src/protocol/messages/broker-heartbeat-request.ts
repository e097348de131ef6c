import { message, type TypeOf, int32, int64, bool, arrayOf } from '../schema.js';

export const brokerHeartbeatRequest = message({
  name: 'BrokerHeartbeatRequest',
  apiKey: 63,
  versions: '0-1',
  flexible: '0+',
  fields: {
    brokerId: int32('0+'),
    brokerEpoch: int64('0+', { default: -1 }),
    currentMetadataOffset: int64('0+'),
    wantFence: bool('0+'),
    wantShutDown: bool('0+'),
    offlineLogDirs: arrayOf('1+', 'uuid', { tag: 0, default: undefined }),
  },
});
export interface BrokerHeartbeatRequest extends TypeOf<typeof brokerHeartbeatRequest.fields> {}

import { message, type TypeOf, int32, int16, int64 } from '../schema.js';

export const brokerRegistrationResponse = message({
  name: 'BrokerRegistrationResponse',
  apiKey: 62,
  versions: '0-4',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    brokerEpoch: int64('0+', { default: -1 }),
  },
});
export interface BrokerRegistrationResponse extends TypeOf<typeof brokerRegistrationResponse.fields> {}

import { message, type TypeOf, int32, int64 } from '../schema.js';

export const controlledShutdownRequest = message({
  name: 'ControlledShutdownRequest',
  apiKey: 7,
  versions: '0-3',
  flexible: '3+',
  fields: {
    brokerId: int32('0+'),
    brokerEpoch: int64('2+', { default: -1, ignorable: true }),
  },
});
export interface ControlledShutdownRequest extends TypeOf<typeof controlledShutdownRequest.fields> {}

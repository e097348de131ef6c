import { message, type TypeOf, int32, int16 } from '../schema.js';

export const heartbeatResponse = message({
  name: 'HeartbeatResponse',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
  },
});
export interface HeartbeatResponse extends TypeOf<typeof heartbeatResponse.fields> {}
